"""Who may use the bot: the rules, and the check that asks Slack for the facts they need."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from bot.access.members import USERS_READ, Member, Standing
from bot.slack import ids
from bot.slack.cache import LookupCache
from bot.slack.client import Installation
from bot.slack.payloads import (
    AppHomeOpened,
    BlockActions,
    GlobalShortcut,
    MessageShortcut,
    Payload,
    SlashCommand,
    ViewSubmission,
)

NO_IDS: frozenset[str] = frozenset()
# Seconds, out of Slack's 3, that a payload waits for users.info about an unknown user.
LOOK_UP_WITHIN: Final = 0.5


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
    """Slack ids; an empty `channels`, `users` or `teams` allows all of them."""

    channels: frozenset[str] = NO_IDS
    users: frozenset[str] = NO_IDS
    denied: frozenset[str] = NO_IDS
    teams: frozenset[str] = NO_IDS
    guests: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True)
class Requester:
    """What is known of the user of a payload; an empty text is not known.

    `home_team_id` and `home_enterprise_id` are where the app is installed. On Enterprise Grid
    `team_id` may be an organisation's ID instead of a workspace's, `enterprise_id` is the user's
    organisation, and `teams` are all of the user's workspaces. `guest` is None if it is not known;
    without the scope users:read the rule about guests has no effect. `team_uncertain`: the IDs come
    from an event and say where it happened, which may not be where the user belongs.
    """

    slack_user_id: str
    team_id: str = ""
    home_team_id: str = ""
    enterprise_id: str = ""
    home_enterprise_id: str = ""
    teams: frozenset[str] = NO_IDS
    stranger: bool = False
    guest: bool | None = None
    slack_channel_id: str = ""
    team_uncertain: bool = False

    def with_member(self, member: Member) -> "Requester":
        """Add what users.info says to what the payload says."""
        standing = member.standing
        sure = not (self.team_uncertain and member.team_id)
        return replace(
            self,
            team_id=(self.team_id if sure else "") or member.team_id,
            enterprise_id=(self.enterprise_id if sure else "") or member.enterprise_id,
            teams=member.teams,
            stranger=standing is Standing.STRANGER,
            guest=None if standing is Standing.UNKNOWN else standing is Standing.GUEST,
        )


def denial_of(access: Access, requester: Requester) -> Denial | None:
    """Return the first rule that denies access, or None; `denied` wins over `users`."""
    rules = (
        (requester.slack_user_id in access.denied, Denial.DENIED),
        (not access.external and not _is_ours(requester), Denial.EXTERNAL),
        (bool(access.teams) and access.teams.isdisjoint(_memberships_of(requester)), Denial.TEAM),
        (bool(access.users) and requester.slack_user_id not in access.users, Denial.USER),
        (requester.guest is True and not access.guests, Denial.GUEST),
        (_channel_forbidden(access, requester.slack_channel_id), Denial.CHANNEL),
    )
    return next((why for holds, why in rules if holds), None)


def _is_ours(requester: Requester) -> bool:
    """Whether the user is ours; within our organisation `is_stranger` does not count."""
    if requester.home_enterprise_id and requester.home_enterprise_id in _memberships_of(requester):
        return True
    return not requester.stranger and (
        not requester.home_team_id or requester.team_id in {"", requester.home_team_id}
    )


def _memberships_of(requester: Requester) -> frozenset[str]:
    """Return the IDs of the user's workspaces and organisations."""
    theirs = frozenset({requester.team_id, requester.enterprise_id, *requester.teams}) - {""}
    return theirs | {requester.home_enterprise_id} if requester.home_team_id in theirs else theirs


def _channel_forbidden(access: Access, slack_channel_id: str) -> bool:
    """Whether the channel is not allowed; for the global shortcut, `post_to` is checked later."""
    return bool(access.channels and slack_channel_id) and slack_channel_id not in access.channels


@dataclass(frozen=True, slots=True)
class Admitted:
    """`identified`: Slack has said everything about the user that the rules need."""

    identified: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    reason: Denial


Decision: TypeAlias = Admitted | Denied


@dataclass(eq=False, repr=False)
class AccessCheck:
    _access: Access
    _installation: Installation
    _members: LookupCache[Member]

    async def decide(self, requester: Requester, *, reveals_nothing: bool = False) -> Decision:
        """Decide by what the payload and users.info say of the requester.

        A cached user waits for nothing; a stale entry is refreshed in the background.
        `reveals_nothing`: the answer has only what everybody may know. It also goes to a user about
        whom Slack does not answer in time, or whose payload names no workspace; the submission of
        the form is checked again.
        """
        requester = self._with_installation(requester)
        denial = denial_of(self._access, requester)
        team_not_named = reveals_nothing and denial is Denial.TEAM and not requester.team_id
        if team_not_named:
            denial = denial_of(replace(self._access, teams=NO_IDS), requester)
        if not self._lookup_may_change(denial, requester):
            return Denied(denial) if denial else Admitted(identified=not team_not_named)
        harmless = reveals_nothing and denial is None
        member = await self._find_member(requester.slack_user_id, at_once=harmless)
        if member is None:
            return Admitted(identified=False) if harmless else Denied(Denial.NOT_KNOWN)
        denial = denial_of(self._access, requester.with_member(member))
        return Denied(denial) if denial else Admitted()

    async def wait_for_lookup(self, slack_user_id: str) -> None:
        """Wait until a running or new users.info call about the user ends."""
        if looking := self._members.start(slack_user_id):
            await asyncio.wait({looking})

    def _with_installation(self, requester: Requester) -> Requester:
        """Set where the app is installed as auth.test says it, which counts more than a payload."""
        app = self._installation
        if not app.team_id:
            return requester
        return replace(requester, home_team_id=app.team_id, home_enterprise_id=app.enterprise_id)

    async def _find_member(self, slack_user_id: str, *, at_once: bool) -> Member | None:
        """`at_once`: do not wait while it is not known whether the bot has the scope."""
        if member := self._members.known(slack_user_id):
            self._members.start(slack_user_id)
            return member
        if at_once and self._installation.has_any_scope(USERS_READ) is None:
            return None
        return await self._members.find(slack_user_id, LOOK_UP_WITHIN)

    def _lookup_may_change(self, denial: Denial | None, requester: Requester) -> bool:
        """Whether users.info may lead to another decision than the payload alone.

        On Enterprise Grid a payload names one of the user's workspaces, which may be another one of
        our organisation, or the user's organisation and no workspace.
        """
        if self._installation.has_any_scope(USERS_READ) is False:
            return False
        match denial:
            case None:
                return not self._access.guests or requester.team_uncertain
            case Denial.EXTERNAL:
                return bool(requester.home_enterprise_id) and not requester.enterprise_id
            case Denial.TEAM:
                return bool(requester.home_enterprise_id)
            case _:
                return False


def requester_of(payload: Payload) -> Requester:
    """Read the user, their workspace, and the channel in which they use the bot.

    In a command `team` and `enterprise` are the user's, in interactions they are the app's. On
    Enterprise Grid `user.team_id` may be the organisation's ID (E…):
    https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
    """
    if isinstance(payload, SlashCommand):
        return Requester(
            payload.slack_user_id,
            payload.team_id,
            enterprise_id=payload.enterprise_id or _enterprise_id_in(payload.team_id),
            slack_channel_id=payload.channel_id,
        )
    if isinstance(payload, AppHomeOpened):
        return home_tab_requester(payload.slack_user_id, payload.team_id, payload.enterprise_id)
    team, theirs = payload.team, payload.user_team_id
    home = team.id
    if not isinstance(payload, MessageShortcut | GlobalShortcut):
        # A user may take a modal into another workspace; then only the view has the app's.
        home = payload.view.app_installed_team_id or home
    return Requester(
        payload.slack_user_id,
        theirs,
        home,
        enterprise_id=payload.enterprise_id or _enterprise_id_in(theirs),
        home_enterprise_id=team.enterprise_id if home == team.id else "",
        slack_channel_id=_channel_of(payload),
    )


def home_tab_requester(slack_user_id: str, team_id: str, enterprise_id: str) -> Requester:
    """Describe a user who opens their home tab, from the fields of that event."""
    return Requester(
        slack_user_id,
        team_id,
        enterprise_id=enterprise_id or _enterprise_id_in(team_id),
        team_uncertain=True,
    )


def _enterprise_id_in(team_id: str) -> str:
    return team_id if team_id.startswith("E") else ""


def _channel_of(payload: Payload) -> str:
    """Return the channel of the clicked button or the message, or the form's `post_to`, or "".

    A button in a direct message counts as used nowhere: the bot sent it to this user.
    """
    match payload:
        case MessageShortcut():
            return payload.channel.id
        case BlockActions():
            channel = payload.slack_channel_id
            return "" if channel.startswith("D") else channel
        case ViewSubmission() if payload.view.callback_id == ids.MODAL:
            return payload.view.value(ids.POST_TO)
        case _:
            return ""
