"""`/weav-conversation status` lets authors continue from any state of a submission."""

import asyncio
import json
from typing import Any

from bot.ledger import Ledger, State
from bot.sandbox.slack import Delivery, Person
from bot.sandbox.slack.actions import action_entry
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, JANE, Harness, selected_value, text_on
from tests.scenarios.cards import post_card


async def left_unconfirmed(harness: Harness, subject: str = "Export hangs") -> None:
    """Submit, lose the request, and close the modal that has the choices."""
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject=subject)
    await harness.ann.submit()
    await harness.entry_in(State.UNCONFIRMED)
    await harness.slack.until(
        lambda slack: "may have been created or not" in text_on(slack.top_view("U0ANN"))
    )
    assert "/weav-conversation status" in text_on(harness.ann.view)
    await harness.ann.close()


async def status(person: Person) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = (await person.command("status")).body["blocks"]
    return blocks


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


async def reopen_and_submit(harness: Harness, subject: str) -> None:
    """Reopen the form from the latest message that offers it, and submit it."""
    await harness.ann.click(ids.REOPEN)
    view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == subject
    assert selected_value(view, "customer_id") == JANE
    await harness.ann.submit()
    await harness.card()


async def forget_data(harness: Harness) -> None:
    """Poll until the row may be forgotten: the database does not notify."""
    async with Ledger.open(harness.database) as ledger, asyncio.timeout(5):
        while True:
            if await ledger.forget(0.0):
                return
            await asyncio.sleep(0.01)


async def test_an_unconfirmed_submission_is_created_again_after_its_modal_was_closed(
    any_harness: Harness,
) -> None:
    await left_unconfirmed(any_harness)

    assert buttons(await status(any_harness.ann)) == ["Look again", "Create again", "Leave it"]
    await any_harness.ann.click(ids.CREATE_AGAIN)

    await any_harness.card()
    assert [each["subject"] for each in any_harness.weav.conversations] == ["Export hangs"]


async def test_a_submission_that_was_left_reopens_with_its_values(harness: Harness) -> None:
    await left_unconfirmed(harness)
    await status(harness.ann)

    await harness.ann.click(ids.LEAVE)
    await harness.entry_in(State.LEFT)

    assert buttons(await status(harness.ann)) == ["Open the form"]
    await reopen_and_submit(harness, "Export hangs")


async def test_leave_it_is_answered_with_the_form(harness: Harness) -> None:
    await left_unconfirmed(harness)
    await status(harness.ann)

    await harness.ann.click(ids.LEAVE)

    said = await harness.slack.until(
        lambda slack: next((m for m in slack.from_bot() if "Left as it is" in text_on(m)), None)
    )
    assert buttons(said.blocks) == ["Open the form"]
    await reopen_and_submit(harness, "Export hangs")


async def test_a_refused_submission_reopens_with_its_values(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await harness.ann.close()

    assert buttons(await status(harness.ann)) == ["Open the form"]
    await reopen_and_submit(harness, "Export hangs")


async def test_ten_of_the_longest_fit_into_one_message_and_each_reopens_completely(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault(status=403, **CREATE))
    subjects = [f"{number}{'&' * 499}" for number in range(10)]
    for subject in subjects:
        await harness.fill_in(subject=subject)
        await harness.ann.submit()
        await harness.ann.close()

    blocks = await status(harness.ann)

    assert len(blocks) == 21
    assert len(json.dumps(blocks)) < 10_000
    rows = [each for each in harness.slack.from_bot()[-1].blocks if each["type"] == "actions"]
    for subject, row in zip(reversed(subjects), rows, strict=True):
        await click_first_button(harness.ann, row)
        view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
        assert view.values["subject"]["subject"]["value"] == subject
        await harness.ann.close()


async def click_first_button(person: Person, row: dict[str, Any]) -> None:
    """Click the first button of a row in the bot's last message, whoever can see it."""
    message = person.workspace.from_bot()[-1]
    action = action_entry(row, row["elements"][0], None)
    await person.send(
        Delivery("interactive", person.payloads.action_in_message(message, {}, action))
    )


async def buttons_of_refused(harness: Harness) -> dict[str, Any]:
    """The buttons of a submission that Weav refused, as its author gets them."""
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await harness.ann.close()
    await status(harness.ann)
    [row] = [each for each in harness.slack.from_bot()[-1].blocks if each["type"] == "actions"]
    return row


async def last_private_text(harness: Harness, slack_user_id: str, words: str) -> None:
    await harness.slack.until(
        lambda slack: any(
            words in text_on(m) for m in slack.from_bot() if m.only_for == slack_user_id
        )
    )
    assert harness.slack.top_view(slack_user_id) is None


async def test_only_the_author_can_reopen_a_form(harness: Harness) -> None:
    row = await buttons_of_refused(harness)

    await click_first_button(harness.ben, row)

    await last_private_text(harness, "U0BEN", "no longer has what you typed")


async def test_an_author_whose_data_was_removed_is_told_so(harness: Harness) -> None:
    row = await buttons_of_refused(harness)
    await forget_data(harness)

    await click_first_button(harness.ann, row)

    await last_private_text(harness, "U0ANN", "no longer has what you typed")


async def test_if_the_database_does_not_answer_the_author_is_told_that_reason(
    harness: Harness,
) -> None:
    row = await buttons_of_refused(harness)
    harness.drop_table("submissions")

    await click_first_button(harness.ann, row)

    await last_private_text(harness, "U0ANN", "database does not answer")


async def test_a_button_of_an_earlier_version_opens_the_form_that_it_carries(
    harness: Harness,
) -> None:
    row = await buttons_of_refused(harness)
    carried = {"values": {"subject": "Carried"}, "origin": {"via": "command"}}
    row["elements"][0]["value"] = json.dumps(carried)

    await click_first_button(harness.ann, row)

    view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Carried"


async def test_a_row_whose_data_was_removed_has_no_buttons(harness: Harness) -> None:
    await left_unconfirmed(harness)
    await forget_data(harness)

    blocks = await status(harness.ann)

    assert "not confirmed" in str(blocks)
    assert buttons(blocks) == []


async def until_status_says(harness: Harness, text: str) -> None:
    """Poll until it does: the database does not notify."""
    async with asyncio.timeout(5):
        while text not in str(await status(harness.ann)):  # noqa: ASYNC110 - the bot's doing
            await asyncio.sleep(0.02)


async def test_it_shows_the_current_state_of_the_conversation(harness: Harness) -> None:
    card = await post_card(harness, priority="high")
    await until_status_says(harness, "Export hangs: created · Open, High · ")

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_status_says(harness, "Export hangs: created · Closed, High · ")
