"""How soon, and how often, things are looked at and drawn."""

from dataclasses import dataclass

from bot.ledger import Look
from bot.retry import FOLLOWING, LONGEST_REST, NOT_YET, REST, UNREADABLE, Backoff


@dataclass(frozen=True, slots=True)
class FollowPace:
    """Seconds. `card` and `replies`: from what Weav tells until somebody looks.

    What comes together is one look. `redraw_every`: chat.update takes "50+" a minute in a
    workspace, and clicks need some of them: https://docs.slack.dev/apis/web-api/rate-limits.
    `refresh_every`: between looks that nobody has asked for. `rest`: without looks when Weav takes
    none, doubled each time until `longest_rest`.
    """

    card: float = 1.0
    replies: float = 10.0
    redraw_every: float = 1.5
    sweep_every: float = 1.0
    refresh_every: float = 1.0
    rest: float = REST
    longest_rest: float = LONGEST_REST
    following: Backoff = FOLLOWING
    not_yet: Backoff = NOT_YET
    unreadable: Backoff = UNREADABLE

    def until(self, look: Look) -> float:
        return self.replies if look is Look.REPLIES else self.card
