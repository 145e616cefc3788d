"""A form that opens before Slack has identified its user names nobody, then or later."""

from pathlib import Path

import pytest

from bot.form.service import FormRequest
from bot.form.values import FilledForm, FormValues, Origin
from bot.ledger import KnownCustomer, Ledger, State, WeavUser
from bot.sandbox.slack import Person, SlackFault
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from bot.slack.payloads import GlobalShortcut
from tests.harness import (
    CONVERSATION_URL,
    CREATE,
    JANE,
    Harness,
    open_harness,
    selected_value,
    text_on,
)
from tests.scenarios.filling import ZOE
from tests.scenarios.test_access import GRANTED, greeted_harness, open_form, person

# What the ledger knows: Jane, a message that became her conversation, and Ben.
PRIVATE = ("Jane Doe", "jane@example.com", "opened a conversation", "Ben the boss")
BENS = "5e1a0000-0000-4000-8000-000000000002"
# Longer than a form waits, but shorter than a submission from it waits.
LATE = SlackFault("users.info", delay=0.8)
# `{id}` is the ID of that conversation.
LINK = f"<{CONVERSATION_URL}>"


async def fill_ledger(tmp_path: Path) -> None:
    """Make Ben the channel's default assignee."""
    async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))
        await ledger.customers.save_user(WeavUser("U0BEN", BENS, "Ben the boss"))
        assignee = {"assignee_type": "user", "assignee_id": BENS}
        await ledger.customers.save_defaults("C0SUPPORT", assignee, "U0BEN")


async def message_with_conversation(harness: Harness, text: str) -> str:
    """Ben has opened Jane's conversation from a message; return its ts."""
    message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
    await from_message(harness.ben, message_ts)
    await harness.ben.submit({"channel": "email", "customer_id": JANE})
    await harness.card()
    [conversation] = harness.weav.conversations
    message = harness.slack.message(message_ts)
    assert message is not None
    message.text = text.replace("{id}", conversation["id"])
    harness.slack.calls.clear()
    return message_ts


@pytest.mark.parametrize("text", [JANE, "jane@example.com", LINK])
async def test_a_guests_form_from_a_message_shows_nothing_of_its_history(
    tmp_path: Path, text: str
) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        message_ts = await message_with_conversation(harness, text)
        harness.slack.faults.add(LATE)
        cat = person(harness, "U0CAT")

        await from_message(cat, message_ts)

        assert selected_value(cat.view, "customer_id") == ""
        refused = await cat.submit({"channel": "email", "customer_id": ZOE})
        assert "guests" in refused.errors[ids.POST_TO]
        assert shown_in_views(harness, *private_except(text)) == []


async def test_a_guest_who_names_a_customer_sees_nothing_that_the_bot_knows(
    tmp_path: Path,
) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(LATE)
        cat = person(harness, "U0CAT")
        await open_form(cat)

        assert "guests" in (await cat.submit()).errors[ids.POST_TO]
        assert shown_in_views(harness, *PRIVATE) == []


async def test_a_form_names_nobody_while_slack_does_not_identify_its_user(tmp_path: Path) -> None:
    await fill_ledger(tmp_path)
    async with open_harness(
        tmp_path, mode="http"
    ) as harness:  # whose scopes are not known yet either
        harness.slack.scopes += GRANTED
        harness.slack.faults.add(SlackFault("users.info", error="internal_error", times=None))
        await open_form(harness.ann)

        refused = await harness.ann.submit()

        assert "try again in a moment" in refused.errors[ids.POST_TO]
        assert shown_in_views(harness, *PRIVATE) == []


@pytest.mark.parametrize("text", [JANE, "jane@example.com", LINK])
async def test_a_member_sees_the_history_of_a_message_as_the_form_opens(
    tmp_path: Path, text: str
) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        message_ts = await message_with_conversation(harness, text)
        harness.slack.faults.add(SlackFault("users.info", delay=0.3))
        await from_message(harness.ann, message_ts)
        harness.ann.fill({"subject": "Typed meanwhile"})

        await harness.slack.until(lambda slack: slack.calls_of("views.update"))

        assert shown_at_opening(harness, *PRIVATE) == list(PRIVATE)
        view = harness.ann.view
        assert selected_value(view, "customer_id") == JANE
        assert view.block("customer_id")["hint"]["text"].startswith("From the message.")
        assert view.values["subject"]["subject"]["value"] == "Typed meanwhile"
        assert view.updates == 1
        assert (await harness.ann.submit({"channel": "email"})).errors.keys() == {"another"}
        await harness.ann.submit({"another": ["another"]})
        await harness.weav.until(lambda: len(harness.weav.creations) == 2)
        assert harness.weav.creations[1].json == {
            "channel": "email",
            "customer_id": JANE,
            "subject": "Typed meanwhile",
            "assignee_type": "user",
            "assignee_id": BENS,
        }


async def test_a_member_sees_the_customer_of_their_command_as_the_form_opens(
    tmp_path: Path,
) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        await open_form(harness.ann)

        named = ["Jane Doe", "jane@example.com", "Ben the boss"]
        assert shown_at_opening(harness, *named) == named
        assert selected_value(harness.ann.view, "customer_id") == JANE


async def test_a_form_that_opened_too_early_is_not_completed_later(tmp_path: Path) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        message_ts = await message_with_conversation(harness, JANE)
        harness.slack.faults.add(LATE)
        await from_message(harness.ann, message_ts)
        view = harness.ann.view
        view.offered["customer_id"] = [{"value": ZOE, "text": {"type": "plain_text", "text": "Z"}}]

        await harness.ann.act("customer_id", ZOE)  # whose access check waits for users.info

        assert selected_value(view, "customer_id") == ZOE
        assert shown_in_views(harness, *PRIVATE) == []
        asked_for_a_tick = await harness.ann.submit({"channel": "email"})
        assert "another" in text_on(harness.ann.view)
        assert asked_for_a_tick.errors == {}
        assert len(harness.weav.creations) == 1


async def test_a_stored_form_names_nobody_to_an_unidentified_user(tmp_path: Path) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        await harness.fill_in(subject="Export hangs")
        harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
        await harness.ann.submit()
        entry = await harness.entry_in(State.REFUSED)
        seen = {}
        for known in (False, True):
            trigger_id = harness.slack.triggers.issue("U0ANN", "C0SUPPORT")
            empty = FilledForm(FormValues(), Origin(via="command"))
            click = harness.ann.payloads.global_shortcut("x") | {"trigger_id": trigger_id}
            interaction = GlobalShortcut.model_validate(click)
            request = FormRequest(interaction, empty, identified=known)
            await harness.bot.services.forms.open_stored(entry.id, request)
            seen[known] = str(harness.slack.calls_of("views.open")[-1])

        assert JANE in seen[False]
        assert ("Jane Doe" in seen[True], "Jane Doe" in seen[False]) == (True, False)


async def test_a_known_member_sees_everything_at_once(tmp_path: Path) -> None:
    await fill_ledger(tmp_path)
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        message_ts = await message_with_conversation(harness, JANE)

        await from_message(harness.ben, message_ts)

        assert shown_at_opening(harness, *PRIVATE) == list(PRIVATE)
        assert harness.slack.calls_of("users.info") == []


async def from_message(who: Person, message_ts: str) -> None:
    await who.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await who.workspace.until(lambda slack: slack.top_view(who.slack_user_id))


def private_except(text: str) -> list[str]:
    """The private texts, except those of the message itself."""
    return [word for word in PRIVATE if word not in text]


def shown_in_views(harness: Harness, *words: str) -> list[str]:
    """Those of the texts that any view sent to Slack contains."""
    views = harness.slack.calls_of("views.open") + harness.slack.calls_of("views.update")
    return [word for word in words if word in str([call.arguments for call in views])]


def shown_at_opening(harness: Harness, *words: str) -> list[str]:
    """Those of the texts that the form opened with."""
    [opened] = harness.slack.calls_of("views.open")
    return [word for word in words if word in str(opened.arguments)]
