"""Who may use the bot: one rule over what is known of a person and of what they do."""

from dataclasses import dataclass
from enum import StrEnum

NO_IDS: frozenset[str] = frozenset()


class Denial(StrEnum):
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

    channels: frozenset[str] = NO_IDS
    users: frozenset[str] = NO_IDS
    denied: frozenset[str] = NO_IDS
    teams: frozenset[str] = NO_IDS
    admins: frozenset[str] = NO_IDS
    guests: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True)
class Requester:
    """Empty texts are not known; `home` is the workspace that the app is installed in.

    On Enterprise Grid `team_id` may be an organisation's in place of a workspace's;
    `enterprise_id` is theirs, `home_enterprise` that of `home`, and `teams` are their workspaces.
    `guest` is None when nobody can tell: without the scope users:read the rule has no effect.
    """

    slack_user_id: str
    team_id: str = ""
    home: str = ""
    enterprise_id: str = ""
    home_enterprise: str = ""
    teams: frozenset[str] = NO_IDS
    stranger: bool = False
    guest: bool | None = None
    slack_channel_id: str = ""


def barred(access: Access, visitor: Requester) -> Denial | None:
    """Say why not; None: come in. What is forbidden wins over what is allowed."""
    rules = (
        (visitor.slack_user_id in access.denied, Denial.DENIED),
        (not access.external and not _at_home(visitor), Denial.EXTERNAL),
        (bool(access.teams) and access.teams.isdisjoint(_belongs_to(visitor)), Denial.TEAM),
        (bool(access.users) and visitor.slack_user_id not in access.users, Denial.USER),
        (visitor.guest is True and not access.guests, Denial.GUEST),
        (_elsewhere(access, visitor.slack_channel_id), Denial.CHANNEL),
    )
    return next((why for holds, why in rules if holds), None)


def _at_home(visitor: Requester) -> bool:
    """Whoever is of our organisation is no stranger, even if Slack's `is_stranger` says so."""
    if visitor.home_enterprise and visitor.home_enterprise in _belongs_to(visitor):
        return True
    return not visitor.stranger and (not visitor.home or visitor.team_id in {"", visitor.home})


def _belongs_to(visitor: Requester) -> frozenset[str]:
    """Give workspaces and organisations."""
    theirs = frozenset({visitor.team_id, visitor.enterprise_id, *visitor.teams}) - {""}
    return theirs | {visitor.home_enterprise} if visitor.home in theirs else theirs


def _elsewhere(access: Access, slack_channel_id: str) -> bool:
    """The global shortcut is used nowhere; its form's post_to is looked at when it is submitted."""
    return bool(access.channels and slack_channel_id) and slack_channel_id not in access.channels
