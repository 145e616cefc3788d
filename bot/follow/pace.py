"""How soon and how often the bot looks at conversations and redraws cards."""

from dataclasses import dataclass

from bot.ledger import Look
from bot.retry import FOLLOWING, LONGEST_REST, NOT_YET, REST, UNREADABLE, Backoff


@dataclass(frozen=True, slots=True)
class FollowPace:
    """Seconds. `card` and `replies`: from an event to the look, so that a burst shares one look.

    `redraw_every`: Slack allows "50+" chat.update a minute in a workspace, and clicks need some of
    them: https://docs.slack.dev/apis/web-api/rate-limits. `refresh_every`: between refresh looks.
    `rest`: how long all looks stop when Weav is down, doubled each time up to `longest_rest`.
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

    def delay_of(self, look: Look) -> float:
        return self.replies if look is Look.REPLIES else self.card
