"""The access check: whether whoever sent a payload may use the bot."""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from bot.access.members import UNTOLD, USERS_READ, Member, Standing
from bot.access.rules import NO_IDS, Access, Denial, Requester, denial_of
from bot.slack import ids
from bot.slack.cache import LookupCache
from bot.slack.installation import Installation
from bot.slack.payloads import (
    BlockActions,
    GlobalShortcut,
    MessageShortcut,
    Payload,
    SlashCommand,
    ViewSubmission,
)

# Seconds of Slack's 3 that somebody waits whom users.info has not been asked about before.
LOOK_UP_WITHIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Admitted:
    """`known`: nothing that Slack could say of them is missing."""

    known: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    reason: Denial


Decision: TypeAlias = Admitted | Denied


class AccessCheck:
    def __init__(
        self, access: Access, installation: Installation, members: LookupCache[Member]
    ) -> None:
        self._access = access
        self._installation = installation
        self._members = members

    async def decide(self, payload: Payload, *, shows_nothing: bool) -> Decision:
        """Judge by the payload, and by what Slack says of whoever sent it.

        Whoever is remembered waits for nothing, and is looked up beside once that is old.
        `shows_nothing`: the answer tells what all may know, so that it may go to somebody of whom
        Slack says nothing in time. That a payload names no workspace stands in its way no more than
        that: the submission of a form does.
        """
        requester = requester_of(payload)
        denial = self._denial(requester, UNTOLD)
        team_not_named = shows_nothing and denial is Denial.TEAM and not requester.team_id
        if team_not_named:
            denial = self._denial(requester, UNTOLD, replace(self._access, teams=NO_IDS))
        if not self._may_change(denial, requester):
            return Denied(denial) if denial else Admitted(known=not team_not_named)
        harmless = shows_nothing and denial is None
        member = await self._member(requester.slack_user_id, at_once=harmless)
        if member is None:
            return Admitted(known=False) if harmless else Denied(Denial.NOT_KNOWN)
        denial = self._denial(requester, member)
        return Denied(denial) if denial else Admitted()

    async def _member(self, slack_user_id: str, *, at_once: bool) -> Member | None:
        """`at_once`: do not wait as long as nobody knows whether Slack tells this bot."""
        if member := self._members.known(slack_user_id):
            self._members.start(slack_user_id)
            return member
        if at_once and self._installation.may(USERS_READ) is None:
            return None
        return await self._members.find(slack_user_id, LOOK_UP_WITHIN)

    def _may_change(self, denial: Denial | None, requester: Requester) -> bool:
        """Whether users.info might change what the payload says.

        On Enterprise Grid that names one of somebody's workspaces, which may be a sister of ours,
        or their organisation, which tells of no workspace.
        """
        if self._installation.may(USERS_READ) is False:
            return False
        match denial:
            case None:
                return not self._access.guests
            case Denial.EXTERNAL:
                return bool(self._home_enterprise(requester)) and not requester.enterprise_id
            case Denial.TEAM:
                return bool(self._home_enterprise(requester))
            case _:
                return False

    def _denial(
        self, requester: Requester, member: Member, access: Access | None = None
    ) -> Denial | None:
        standing = member.standing
        whole = replace(
            requester,
            team_id=requester.team_id or member.team_id,
            home=self._installation.team_id or requester.home,
            enterprise_id=requester.enterprise_id or member.enterprise_id,
            home_enterprise=self._home_enterprise(requester),
            teams=member.teams,
            stranger=standing is Standing.STRANGER,
            guest=None if standing is Standing.UNTOLD else standing is Standing.GUEST,
        )
        return denial_of(access or self._access, whole)

    def _home_enterprise(self, requester: Requester) -> str:
        known = self._installation
        return known.enterprise_id if known.team_id else requester.home_enterprise


def requester_of(payload: Payload) -> Requester:
    """Read who it is, from where, and in which channel they use the bot.

    A command says where its user was; in interactions `team` and `enterprise` are the app's. On
    Enterprise Grid `user.team_id` may be the organisation's ID (E…):
    https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
    """
    if isinstance(payload, SlashCommand):
        return Requester(
            payload.user_id,
            payload.team_id,
            enterprise_id=payload.enterprise_id or _organisation(payload.team_id),
            slack_channel_id=payload.channel_id,
        )
    team, theirs = payload.team, payload.user.team_id
    home = team.id
    if not isinstance(payload, MessageShortcut | GlobalShortcut):
        # Where a modal goes with its user into another workspace, the view alone knows the app's.
        home = payload.view.app_installed_team_id or home
    return Requester(
        payload.user.id,
        theirs,
        home,
        enterprise_id=payload.enterprise_id or _organisation(theirs),
        home_enterprise=team.enterprise_id if home == team.id else "",
        slack_channel_id=_place(payload),
    )


def _organisation(team_id: str) -> str:
    return team_id if team_id.startswith("E") else ""


def _place(payload: Payload) -> str:
    """Give where a button was clicked, a message lies, or a form posts to; empty: nowhere.

    What the bot sent somebody directly is theirs.
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
