"""One open form and two replicas: Slack sends each interaction to either of them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.slack import Person, SlackFault, SlackView, Workspace
from bot.sandbox.weav import Exchange, WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from bot.slack import ids
from tests.harness import CREATE, JANE, LIST, Harness, open_harness, selected_value, text_on
from tests.scenarios.cards import ANN_IN_WEAV, BEN_IN_WEAV, another_bot, tell_weav_id
from tests.scenarios.conftest import greet_slack
from tests.scenarios.filling import TAILSPIN, ZOE, suggestions
from tests.scenarios.test_open_conversations import create_conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

# Long enough for the other replica to finish first.
SLOW = 0.6
OUTSIDERS = "other organisations"
BEFORE = "Hung before"


@dataclass(frozen=True, slots=True)
class Replicas:
    """Ann, whose payloads go to replica a or b; she sees the same view."""

    harness: Harness
    a: Person
    b: Person

    @property
    def view(self) -> SlackView:
        return self.a.view

    async def until(self, look: Callable[[SlackView], bool], within: float = 3) -> None:
        await self.harness.slack.until(lambda _: look(self.view), within)

    async def assert_finally(self, look: Callable[[SlackView], bool]) -> None:
        """Assert that this holds at the end; unlike `until`, it may take its time."""
        with contextlib.suppress(TimeoutError):
            await self.until(look, within=1.5)
        assert look(self.view)

    async def until_shown(self, *texts: str) -> None:
        await self.until(lambda view: all(text in text_on(view) for text in texts))

    async def until_picker_is(self, kind: str) -> None:
        """Wait for the picker of people or agents, or for the input of a typed ID."""
        await self.until(lambda view: shown_type(view) == kind)

    async def open_form(self, person: Person, words: str = "", channel: str = "C0SUPPORT") -> None:
        await person.command(words, channel)
        await self.harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    async def until_late_redraw_ended(self, *, text: str) -> None:
        """Wait until the late redraw is shown, or refused after a redraw of the other replica."""
        await self.harness.slack.until(
            lambda slack: text in text_on(self.view) or refused_drawings(slack)
        )

    async def request(self) -> dict[str, str]:
        await self.harness.weav.until(lambda: bool(self.harness.weav.creations))
        [create] = self.harness.weav.creations
        body: dict[str, str] = create.json
        return body


def refused_drawings(slack: Workspace) -> int:
    calls = slack.calls_of("views.update")
    return sum(call.answer.get("error") == "hash_conflict" for call in calls)


def shown_type(view: SlackView) -> str:
    element = view.block(ids.ASSIGNEE_TYPE)["element"]
    return str(element.get("initial_option", {}).get("value", ""))


async def pick(person: Person, field: str, query: str) -> None:
    """Type into a select, and choose the first suggestion."""
    answer = await person.suggest(field, query)
    await person.act(field, answer.options[0]["value"])


@pytest.fixture
async def replicas(tmp_path: Path, postgres_url: str) -> AsyncIterator[Replicas]:
    async with open_harness(tmp_path, database=postgres_url) as harness:
        harness.slack.scopes += ("channels:read",)
        await greet_slack(harness)
        async with another_bot(harness, "U0ANN") as at_b:
            await tell_weav_id(harness.ann, ANN_IN_WEAV)
            await tell_weav_id(harness.ben, BEN_IN_WEAV)
            create_conversation(harness, BEFORE)
            yield Replicas(harness, harness.ann, at_b)


async def test_choices_and_text_stay_whichever_replica_gets_them(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    await replicas.open_form(a, "email")
    a.fill({"subject": "Export hangs", "priority": "high"})

    await pick(a, ids.CUSTOMER_ID, JANE)
    await replicas.until_shown(BEFORE)
    await b.act(ids.ASSIGNEE_TYPE, "user")
    await replicas.until_picker_is("user")
    await pick(a, ids.ASSIGNEE_ID, "ben")
    await b.act(ids.POST_TO, "C0PARTNERS")
    await replicas.until_shown(OUTSIDERS, BEFORE)

    values = {
        field: selected_value(replicas.view, field) for field in ("customer_id", "assignee_id")
    }
    assert values == {"customer_id": JANE, "assignee_id": BEN_IN_WEAV}
    answer = await a.submit()
    assert (answer.trouble, answer.errors) == ("", {})
    assert await replicas.request() == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "Export hangs",
        "priority": "high",
        "assignee_type": "user",
        "assignee_id": BEN_IN_WEAV,
    }
    assert BEN_IN_WEAV not in str((await replicas.harness.card("C0PARTNERS")).blocks)


async def test_each_choice_can_be_undone_at_the_other_replica(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    await replicas.open_form(a, f"email {JANE}")
    await replicas.until_shown(BEFORE)

    await b.act(ids.ASSIGNEE_TYPE, "user")
    await replicas.until_picker_is("user")
    await pick(b, ids.ASSIGNEE_ID, "ben")
    await a.act(ids.POST_TO, "C0PARTNERS")
    await replicas.until_shown(OUTSIDERS)
    await a.act(ids.ASSIGNEE_TYPE, "agent")
    await replicas.until_picker_is("agent")
    await pick(b, ids.ASSIGNEE_ID, "mail")
    await b.act(ids.POST_TO, "C0SUPPORT")
    await replicas.until(lambda view: OUTSIDERS not in text_on(view))
    await pick(a, ids.CUSTOMER_ID, ZOE)
    await replicas.until(lambda view: BEFORE not in text_on(view))

    await b.submit()
    assert await replicas.request() == {
        "channel": "email",
        "customer_id": ZOE,
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    }
    await replicas.harness.card("C0SUPPORT")


async def test_nobody_removes_the_assignee_at_either_replica(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    await replicas.open_form(a, f"email {JANE}")
    await replicas.until_shown(BEFORE)
    await a.act(ids.ASSIGNEE_TYPE, "user")
    await replicas.until_picker_is("user")
    await pick(b, ids.ASSIGNEE_ID, "ben")

    await b.act(ids.ASSIGNEE_TYPE, "nobody")
    await replicas.until_picker_is("nobody")
    await a.submit()

    assert await replicas.request() == {"channel": "email", "customer_id": JANE}


async def test_each_replica_suggests_assignees_of_the_drawn_type(replicas: Replicas) -> None:
    await replicas.open_form(replicas.a)
    for person, other, kind, label in (
        (replicas.a, replicas.b, "agent", "Chat assistant"),
        (replicas.b, replicas.a, "user", "Me (ann)"),
    ):
        await person.act(ids.ASSIGNEE_TYPE, kind)
        await replicas.until_picker_is(kind)
        assert label in {each for _, each, _ in await suggestions(other, ids.ASSIGNEE_ID, "")}


async def test_an_assignee_chosen_while_the_other_replica_looks_a_customer_up_stays(
    replicas: Replicas,
) -> None:
    a, b = replicas.a, replicas.b
    await replicas.open_form(a, "email")
    await a.act(ids.ASSIGNEE_TYPE, "user")
    await replicas.until_picker_is("user")
    await pick(a, ids.ASSIGNEE_ID, "ann")
    await b.act(ids.POST_TO, "C0PARTNERS")
    await replicas.until_shown(OUTSIDERS)
    replicas.harness.weav.fail(WeavFault(delay=SLOW, **LIST))

    await pick(a, ids.CUSTOMER_ID, JANE)
    await pick(b, ids.ASSIGNEE_ID, "ben")

    await replicas.until_late_redraw_ended(text=BEFORE)
    await replicas.assert_finally(lambda view: selected_value(view, ids.ASSIGNEE_ID) == BEN_IN_WEAV)
    await a.submit()
    assert (await replicas.request())["assignee_id"] == BEN_IN_WEAV


async def test_an_assignee_chosen_before_the_other_replica_completes_the_form_stays(
    replicas: Replicas,
) -> None:
    a, b = replicas.a, replicas.b
    await set_ann_as_default(replicas)
    replicas.harness.weav.fail(WeavFault(delay=SLOW, **LIST))
    await replicas.open_form(a, f"email {JANE}")

    await pick(b, ids.ASSIGNEE_ID, "ben")

    await replicas.until_late_redraw_ended(text=BEFORE)
    await replicas.assert_finally(lambda view: selected_value(view, ids.ASSIGNEE_ID) == BEN_IN_WEAV)
    await a.submit()
    assert (await replicas.request())["assignee_id"] == BEN_IN_WEAV


async def test_a_customer_chosen_during_the_other_replicas_redraw_stays(
    replicas: Replicas,
) -> None:
    a, b = replicas.a, replicas.b
    replicas.harness.slack.faults.add(SlackFault("views.update", delay=SLOW, times=1))
    await replicas.open_form(a, f"email {JANE}")
    await until_redraw_is_held(replicas)

    await pick(b, ids.CUSTOMER_ID, ZOE)

    await replicas.until_late_redraw_ended(text=BEFORE)
    await replicas.assert_finally(lambda view: selected_value(view, ids.CUSTOMER_ID) == ZOE)
    await replicas.until(lambda view: BEFORE not in text_on(view))
    await a.submit()
    assert (await replicas.request())["customer_id"] == ZOE


async def test_the_open_conversations_of_the_last_chosen_customer_are_shown(
    replicas: Replicas,
) -> None:
    a, b = replicas.a, replicas.b
    create_conversation(replicas.harness, "Zoe has this", customer_id=ZOE)
    await replicas.open_form(a, "email")
    replicas.harness.weav.fail(WeavFault(delay=SLOW, times=1, **LIST))

    await pick(a, ids.CUSTOMER_ID, JANE)
    await replicas.harness.weav.until(
        lambda: any("conversations" in r.path for r in lists(replicas))
    )
    await pick(b, ids.CUSTOMER_ID, ZOE)

    await replicas.until_shown("Zoe has this")
    await replicas.harness.weav.until(lambda: all(r.status for r in lists(replicas)))
    await replicas.until(
        lambda view: "Zoe has this" in text_on(view) and BEFORE not in text_on(view)
    )
    assert selected_value(replicas.view, ids.CUSTOMER_ID) == ZOE
    await b.submit()
    assert (await replicas.request())["customer_id"] == ZOE


@pytest.mark.parametrize("choice", [ids.POST_TO, ids.ASSIGNEE_TYPE])
async def test_a_choice_is_answered_during_the_other_replicas_redraw(
    replicas: Replicas, choice: str
) -> None:
    a, b = replicas.a, replicas.b
    await delay_redraw_at(a, replicas)

    await b.act(choice, {ids.POST_TO: "C0PARTNERS", ids.ASSIGNEE_TYPE: "agent"}[choice])

    await replicas.until_late_redraw_ended(text=BEFORE)
    if choice == ids.POST_TO:
        await replicas.until_shown(OUTSIDERS)
        await a.act(ids.ASSIGNEE_TYPE, "agent")
    await replicas.until_picker_is("agent")
    await pick(a, ids.ASSIGNEE_ID, "mail")
    await b.submit()
    assert await replicas.request() == {
        "channel": "email",
        "customer_id": JANE,
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    }


async def test_a_redraw_that_failed_is_made_up_for_with_the_next_choice(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    await delay_redraw_at(a, replicas)
    await b.act(ids.POST_TO, "C0PARTNERS")
    await replicas.until_late_redraw_ended(text=BEFORE)

    await a.act(ids.ASSIGNEE_TYPE, "agent")

    await replicas.until_picker_is("agent")
    await replicas.until_shown(OUTSIDERS)
    await replicas.assert_finally(lambda view: BEFORE in text_on(view))


async def test_a_late_redraw_of_the_other_replica_does_not_replace_an_answer(
    replicas: Replicas,
) -> None:
    a, b = replicas.a, replicas.b
    replicas.harness.weav.fail(WeavFault(status=503, **CREATE))
    await delay_redraw_at(a, replicas)

    await b.submit()

    assert "queued" in text_on(replicas.view)
    await replicas.harness.slack.until(refused_drawings)
    assert "queued" in text_on(replicas.view)
    replicas.harness.weav.faults.clear()
    await replicas.harness.card()
    assert len(replicas.harness.weav.conversations) == 2


async def test_the_reason_stays_on_top_of_a_form_that_came_back(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    replicas.harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await replicas.open_form(a, f"email {JANE} Export hangs")
    await replicas.until_shown(BEFORE)
    await a.submit()
    assert "external-api:write" in text_on(replicas.view)

    await b.act(ids.ASSIGNEE_TYPE, "agent")
    await replicas.until_picker_is("agent")
    await a.act(ids.POST_TO, "C0PARTNERS")
    await replicas.until_shown(OUTSIDERS, "external-api:write")
    await pick(b, ids.ASSIGNEE_ID, "mail")
    await a.submit()

    await replicas.harness.weav.until(lambda: len(replicas.harness.weav.creations) == 2)
    assert replicas.harness.weav.creations[1].json == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "Export hangs",
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    }


async def test_a_tick_stays_and_the_form_keeps_its_message(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    message_ts = a.say("The export hangs since Monday.", "C0SUPPORT")
    for person in (a, b):
        await person.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
        view = await replicas.harness.slack.until(lambda slack: slack.top_view("U0ANN"))
        if person is a:
            await a.submit({"channel": "email", "customer_id": JANE})
            await replicas.harness.card()
    await replicas.until(lambda view: "opened a conversation from this message" in text_on(view))
    a.fill({"channel": "email", ids.ANOTHER: [ids.ANOTHER]})

    await pick(b, ids.CUSTOMER_ID, JANE)
    await replicas.until_shown(BEFORE)
    await a.act(ids.ASSIGNEE_TYPE, "agent")
    await replicas.until_picker_is("agent")
    await pick(b, ids.ASSIGNEE_ID, "mail")
    answer = await b.submit()

    assert (answer.trouble, answer.errors) == ("", {})
    assert view.private_metadata
    await replicas.harness.slack.until(
        lambda slack: sum(m.thread_ts == message_ts for m in slack.from_bot("C0SUPPORT")) == 2
    )
    assert replicas.harness.weav.creations[1].json["assignee_id"] == EMAIL_AGENT


async def set_ann_as_default(replicas: Replicas) -> None:
    await replicas.a.command("defaults")
    await replicas.harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    await replicas.a.act(ids.ASSIGNEE_TYPE, "user")
    await replicas.until_picker_is("user")
    await replicas.a.submit({"assignee_id": "me"})
    replicas.harness.slack.calls.clear()


async def delay_redraw_at(person: Person, replicas: Replicas) -> None:
    """Delay the customer's open conversations on their way to an open form."""
    await replicas.open_form(person, "email")
    replicas.harness.slack.faults.add(SlackFault("views.update", delay=SLOW, times=1))
    await pick(person, ids.CUSTOMER_ID, JANE)
    await until_redraw_is_held(replicas)


async def until_redraw_is_held(replicas: Replicas) -> None:
    """Wait until Slack holds a redraw that it will carry out late; nothing reports it."""
    async with asyncio.timeout(3):
        while replicas.harness.slack.faults.armed():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def lists(replicas: Replicas) -> list[Exchange]:
    return [r for r in replicas.harness.weav.requests if r.path.endswith("/conversations")]


async def test_chosen_defaults_are_saved_whichever_replica_gets_them(replicas: Replicas) -> None:
    a, b = replicas.a, replicas.b
    await replicas.open_form(a, "defaults")
    a.fill({"priority": "high", "channel": "email", ids.COMPANY_ID: TAILSPIN})
    await b.act(ids.ASSIGNEE_TYPE, "user")
    await replicas.until_picker_is("user")
    await pick(a, ids.ASSIGNEE_ID, "ben")
    await a.act(ids.ASSIGNEE_TYPE, "agent")
    await replicas.until_picker_is("agent")
    await pick(b, ids.ASSIGNEE_ID, "mail")

    answer = await a.submit()

    assert (answer.trouble, answer.errors) == ("", {})
    await replicas.open_form(b, "defaults")
    view = replicas.view
    fields = (ids.PRIORITY, ids.CHANNEL, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID)
    assert [selected_value(view, field) for field in fields] == [
        "high",
        "email",
        "agent",
        EMAIL_AGENT,
    ]
    assert view.values[ids.COMPANY_ID][ids.COMPANY_ID]["value"] == TAILSPIN


async def test_an_assignee_chosen_while_the_other_replica_redraws_the_defaults_stays(
    replicas: Replicas,
) -> None:
    a, b = replicas.a, replicas.b
    await set_ann_as_default(replicas)
    await replicas.open_form(a, "defaults")
    assert selected_value(replicas.view, ids.ASSIGNEE_ID) == ANN_IN_WEAV
    replicas.harness.slack.faults.add(SlackFault("views.update", delay=SLOW, times=1))
    await a.act(ids.ASSIGNEE_TYPE, "agent")
    await until_redraw_is_held(replicas)

    await b.act(ids.ASSIGNEE_TYPE, "user")
    await pick(b, ids.ASSIGNEE_ID, "ben")

    await replicas.harness.slack.until(
        lambda slack: shown_type(replicas.view) == "agent" or refused_drawings(slack)
    )
    await replicas.assert_finally(lambda view: shown_type(view) == "user")
    await replicas.assert_finally(lambda view: selected_value(view, ids.ASSIGNEE_ID) == BEN_IN_WEAV)
    await a.submit()
    await replicas.open_form(b, "defaults")
    fields = (ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID)
    assert [selected_value(replicas.view, field) for field in fields] == ["user", BEN_IN_WEAV]
