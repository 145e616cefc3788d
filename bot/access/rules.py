"""Who may use the bot: one rule over what is known of a person and of what they do."""

from dataclasses import dataclass
from enum import StrEnum

NO_IDS: frozenset[str] = frozenset()


class Denial(StrEnum):
    """Why somebody may not use the bot."""

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


def denial_of(access: Access, requester: Requester) -> Denial | None:
    """Say why not; None: they may. What is forbidden wins over what is allowed."""
    rules = (
        (requester.slack_user_id in access.denied, Denial.DENIED),
        (not access.external and not _at_home(requester), Denial.EXTERNAL),
        (bool(access.teams) and access.teams.isdisjoint(_belongs_to(requester)), Denial.TEAM),
        (bool(access.users) and requester.slack_user_id not in access.users, Denial.USER),
        (requester.guest is True and not access.guests, Denial.GUEST),
        (_elsewhere(access, requester.slack_channel_id), Denial.CHANNEL),
    )
    return next((why for holds, why in rules if holds), None)


def _at_home(requester: Requester) -> bool:
    """Whoever is of our organisation is no stranger, even if Slack's `is_stranger` says so."""
    if requester.home_enterprise and requester.home_enterprise in _belongs_to(requester):
        return True
    return not requester.stranger and (
        not requester.home or requester.team_id in {"", requester.home}
    )


def _belongs_to(requester: Requester) -> frozenset[str]:
    """Give workspaces and organisations."""
    theirs = frozenset({requester.team_id, requester.enterprise_id, *requester.teams}) - {""}
    return theirs | {requester.home_enterprise} if requester.home in theirs else theirs


def _elsewhere(access: Access, slack_channel_id: str) -> bool:
    """The global shortcut is used nowhere; its form's post_to is looked at when it is submitted."""
    return bool(access.channels and slack_channel_id) and slack_channel_id not in access.channels
