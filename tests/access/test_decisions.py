"""The access check: what it asks Slack, and how long it waits for the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.access.members import USERS_READ, Member, Standing
from bot.access.rules import (
    Access,
    AccessCheck,
    Admitted,
    Denial,
    Denied,
    home_tab_requester,
    requester_of,
)
from bot.slack import ids
from bot.slack.cache import LookupCache
from bot.slack.client import Installation
from bot.slack.payloads import (
    BlockActions,
    MessageShortcut,
    Payload,
    SlashCommand,
    ViewSubmission,
    read_payload,
)
from bot.tasks import Tasks

MEMBER, GUEST = Member(Standing.MEMBER), Member(Standing.GUEST)
COMMAND = SlashCommand.model_validate({"command": ids.COMMAND, "user_id": "U1", "team_id": "T1"})
AUTHOR = requester_of(COMMAND)


class Slack:
    """users.info, which returns `answers` in turn and then never answers again."""

    def __init__(self, *answers: Member | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def users_info(self, _: str) -> Member | None:
        self.asked += 1
        if not self.answers:
            await asyncio.Event().wait()
        return self.answers.pop(0)


def check(
    users_info: Callable[[str], Awaitable[Member | None]],
    access: Access | None = None,
    scopes: str = USERS_READ,
    keep: float = 60.0,
    home: dict[str, str] | None = None,
) -> AccessCheck:
    installation = Installation()
    installation.learn_workspace(home or {})
    installation.learn_scopes({"x-oauth-scopes": scopes})
    members = LookupCache(Tasks(), users_info, keep)
    return AccessCheck(access or Access(), installation, members)


async def timed(work: Awaitable[object]) -> tuple[object, float]:
    began = asyncio.get_running_loop().time()
    return await work, asyncio.get_running_loop().time() - began


@pytest.mark.parametrize("reveals_nothing", [True, False])
async def test_an_unknown_user_waits_for_slack(*, reveals_nothing: bool) -> None:
    for member, decision in ((MEMBER, Admitted()), (GUEST, Denied(Denial.GUEST))):
        slack = Slack(member)

        decided = await check(slack.users_info).decide(AUTHOR, reveals_nothing=reveals_nothing)

        assert (decided, slack.asked) == (decision, 1)


async def test_without_an_answer_in_half_a_second_only_what_reveals_nothing_is_admitted() -> None:
    silent = check(Slack().users_info)

    opened, seconds = await timed(silent.decide(AUTHOR, reveals_nothing=True))
    refused = await silent.decide(AUTHOR, reveals_nothing=False)

    assert opened == Admitted(identified=False)
    assert 0.45 < seconds < 1.5
    assert refused == Denied(Denial.NOT_KNOWN)


@pytest.mark.parametrize("reveals_nothing", [True, False])
async def test_a_cached_user_waits_for_nothing_and_is_refreshed_in_the_background(
    *, reveals_nothing: bool
) -> None:
    slack = Slack(MEMBER)
    always_stale = check(slack.users_info, keep=0.0)  # every cached answer is stale at once
    await always_stale.decide(AUTHOR, reveals_nothing=reveals_nothing)

    decided, seconds = await timed(always_stale.decide(AUTHOR, reveals_nothing=reveals_nothing))
    await asyncio.sleep(0)

    assert decided == Admitted()
    assert seconds < 0.3
    assert slack.asked == 2


async def test_a_refreshed_answer_counts_from_the_next_decision() -> None:
    slack = Slack(MEMBER, GUEST, GUEST)
    refreshed = check(slack.users_info, keep=0.0)
    decisions = []

    for _ in range(3):
        decisions.append(await refreshed.decide(AUTHOR, reveals_nothing=False))
        await asyncio.sleep(0.01)  # for the refresh in the background

    assert decisions == [Admitted(), Admitted(), Denied(Denial.GUEST)]


@pytest.mark.parametrize(
    ("access", "scopes"), [(Access(), "chat:write"), (Access(guests=True), USERS_READ)]
)
async def test_nobody_is_looked_up_if_it_cannot_change_the_decision(
    access: Access, scopes: str
) -> None:
    slack = Slack()

    decided = await check(slack.users_info, access, scopes).decide(AUTHOR, reveals_nothing=False)

    assert (decided, slack.asked) == (Admitted(), 0)


async def test_a_form_does_not_wait_while_the_scopes_are_unknown() -> None:
    slack = Slack(MEMBER)
    early = check(slack.users_info, scopes="")

    assert await early.decide(AUTHOR, reveals_nothing=True) == Admitted(identified=False)
    assert slack.asked == 0
    assert await early.decide(AUTHOR, reveals_nothing=False) == Admitted()


def payload_of(kind: str, **parts: object) -> Payload:
    payload = read_payload({"type": kind, "user": {"id": "U1", "team_id": "T1"}, **parts})
    assert isinstance(payload, BlockActions | MessageShortcut | ViewSubmission)
    return payload


@pytest.mark.parametrize(
    ("access", "decision"),
    [
        (Access(teams=frozenset({"T1"}), guests=True), Admitted(identified=False)),
        (Access(teams=frozenset({"T1"}), users=frozenset({"U2"})), Denied(Denial.USER)),
        (Access(teams=frozenset({"T1"}), channels=frozenset({"C2"})), Denied(Denial.CHANNEL)),
    ],
)
async def test_a_payload_without_a_workspace_skips_only_the_rule_about_workspaces(
    access: Access, decision: object
) -> None:
    named = {"callback_id": "x", "user": {"id": "U1"}, "channel": {"id": "C1"}}
    shortcut = requester_of(payload_of("message_action", **named))

    decided = await check(Slack().users_info, access).decide(shortcut, reveals_nothing=True)

    assert decided == decision


def form(callback_id: str) -> dict[str, Any]:
    chosen = {"post_to": {"post_to": {"selected_conversation": "C2"}}}
    return {"callback_id": callback_id, "state": {"values": chosen}}


CLICKED = [{"action_id": ids.CLOSE}]
PLACES = [
    (payload_of("message_action", callback_id="x", channel={"id": "C1"}), "C1"),
    (payload_of("block_actions", actions=CLICKED, channel={"id": "C1"}), "C1"),
    (payload_of("block_actions", actions=CLICKED, container={"channel_id": "C1"}), "C1"),
    (payload_of("block_actions", actions=CLICKED, channel={"id": "D1"}), ""),
    (payload_of("block_actions", actions=CLICKED, view=form(ids.MODAL)), ""),
    (payload_of("view_submission", view=form(ids.MODAL)), "C2"),
    (payload_of("view_submission", view=form(ids.DEFAULTS_MODAL)), ""),
]


@pytest.mark.parametrize(("payload", "place"), PLACES)
def test_the_channel_of_use_is_read_from_the_payload(payload: Payload, place: str) -> None:
    assert requester_of(payload).slack_channel_id == place


def test_the_view_has_the_apps_workspace_after_its_user_switched_workspaces() -> None:
    team = {"id": "T2", "enterprise_id": "E2"}
    view = {"app_installed_team_id": "T1"}

    here = requester_of(payload_of("view_submission", view={}, team=team))
    moved = requester_of(payload_of("view_submission", view=view, team=team))

    assert (here.home_team_id, here.home_enterprise_id) == ("T2", "E2")
    assert (moved.home_team_id, moved.home_enterprise_id) == ("T1", "")


@pytest.mark.parametrize(("team_id", "enterprise_id"), [("T1", ""), ("E1", "E1")])
def test_a_users_team_may_be_their_organisation(team_id: str, enterprise_id: str) -> None:
    command = COMMAND.model_copy(update={"team_id": team_id})
    clicked = payload_of("block_actions", actions=CLICKED, user={"id": "U1", "team_id": team_id})

    for payload in (command, clicked):
        assert requester_of(payload).enterprise_id == enterprise_id


def member_of(team_id: str, standing: Standing = Standing.MEMBER, organisation: str = "") -> Member:
    teams = frozenset({team_id}) if organisation else frozenset()
    return Member(standing, team_id, organisation, teams)


@pytest.mark.parametrize(
    ("member", "access", "decision"),
    [
        (member_of("T1"), Access(), Admitted()),
        (member_of("T2"), Access(), Denied(Denial.EXTERNAL)),
        (member_of("T2"), Access(guests=True), Denied(Denial.EXTERNAL)),
        (member_of("T2"), Access(external=True), Admitted()),
        (member_of("T2"), Access(external=True, teams=frozenset({"T1"})), Denied(Denial.TEAM)),
        (member_of("T1", Standing.GUEST), Access(), Denied(Denial.GUEST)),
        (member_of("T2", organisation="E1"), Access(), Admitted()),
        (member_of("T2", organisation="E2"), Access(), Denied(Denial.EXTERNAL)),
        (Member(Standing.UNKNOWN), Access(teams=frozenset({"T1"})), Admitted()),
    ],
)
async def test_the_workspace_of_an_event_may_not_be_the_users(
    member: Member, access: Access, decision: object
) -> None:
    """The workspaces in users.info count, if it has any."""
    home = {"team_id": "T1", "enterprise_id": "E1"}
    asked = check(Slack(member).users_info, access, home=home)

    assert await asked.decide(home_tab_requester("U1", "T1", "E1")) == decision


async def test_the_home_tab_stays_closed_until_slack_says_who_the_user_is() -> None:
    silent = check(Slack().users_info, Access(guests=True))

    assert await silent.decide(home_tab_requester("U1", "T1", "")) == Denied(Denial.NOT_KNOWN)
