"""Who may use the bot: one rule over what is known of a person and of what they do."""

from dataclasses import dataclass
from enum import StrEnum

NOBODY: frozenset[str] = frozenset()


class Barred(StrEnum):
    """Why somebody is not let in."""

    DENIED = "user_denied"
    USER = "user_not_allowed"
    TEAM = "team_not_allowed"
    EXTERNAL = "external"
    GUEST = "guest"
    CHANNEL = "channel_not_allowed"
    NOT_KNOWN = "guest_not_known"  # Slack did not say in time


@dataclass(frozen=True, slots=True)
class Access:
    """Ids; empty `users`, `teams` and `channels`: everybody and everywhere."""

    channels: frozenset[str] = NOBODY
    users: frozenset[str] = NOBODY
    denied: frozenset[str] = NOBODY
    teams: frozenset[str] = NOBODY
    admins: frozenset[str] = NOBODY
    guests: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Empty texts are not known; `home` is the workspace that the app is installed in.

    `guest` is None when nobody can tell: without the scope users:read the rule has no effect.
    """

    slack_user_id: str
    team_id: str = ""
    home: str = ""
    stranger: bool = False
    guest: bool | None = None
    slack_channel_id: str = ""


def barred(access: Access, visitor: Visitor) -> Barred | None:
    """Say why not; None: come in. What is forbidden wins over what is allowed."""
    foreign = visitor.stranger or bool(visitor.home and visitor.team_id not in {"", visitor.home})
    rules = (
        (visitor.slack_user_id in access.denied, Barred.DENIED),
        (foreign and not access.external, Barred.EXTERNAL),
        (bool(access.teams) and visitor.team_id not in access.teams, Barred.TEAM),
        (bool(access.users) and visitor.slack_user_id not in access.users, Barred.USER),
        (visitor.guest is True and not access.guests, Barred.GUEST),
        (_elsewhere(access, visitor.slack_channel_id), Barred.CHANNEL),
    )
    return next((why for holds, why in rules if holds), None)


def _elsewhere(access: Access, slack_channel_id: str) -> bool:
    """The global shortcut is used nowhere; its form's post_to is looked at when it is submitted."""
    return bool(access.channels and slack_channel_id) and slack_channel_id not in access.channels
