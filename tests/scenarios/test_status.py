"""`/weav-conversation status` lets authors continue from any state of a submission."""

import asyncio
import json
from typing import Any

from bot.ledger import Ledger, State
from bot.sandbox.slack import Delivery, Person
from bot.sandbox.slack.actions import action_entry
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.house import CREATE, JANE, House, selected_value, text_on
from tests.scenarios.cards import post_card


async def left_unconfirmed(house: House, subject: str = "Export hangs") -> None:
    """Submit, lose the request, and close the modal that has the choices."""
    house.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await house.fill_in(subject=subject)
    await house.ann.submit()
    await house.entry_in(State.UNCONFIRMED)
    await house.slack.until(
        lambda slack: "may have been created or not" in text_on(slack.top_view("U0ANN"))
    )
    assert "/weav-conversation status" in text_on(house.ann.view)
    await house.ann.close()


async def status(person: Person) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = (await person.command("status")).body["blocks"]
    return blocks


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


async def reopen_and_submit(house: House, subject: str) -> None:
    """Reopen the form from the latest message that offers it, and submit it."""
    await house.ann.click(ids.REOPEN)
    view = await house.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == subject
    assert selected_value(view, "customer_id") == JANE
    await house.ann.submit()
    await house.card()


async def forget_data(house: House) -> None:
    """Poll until the row may be forgotten: the database does not notify."""
    async with Ledger.open(house.database) as ledger, asyncio.timeout(5):
        while True:
            if await ledger.forget(0.0):
                return
            await asyncio.sleep(0.01)


async def test_an_unconfirmed_submission_is_created_again_after_its_modal_was_closed(
    any_way: House,
) -> None:
    await left_unconfirmed(any_way)

    assert buttons(await status(any_way.ann)) == ["Look again", "Create again", "Leave it"]
    await any_way.ann.click(ids.CREATE_AGAIN)

    await any_way.card()
    assert [each["subject"] for each in any_way.weav.conversations] == ["Export hangs"]


async def test_a_submission_that_was_left_reopens_with_its_values(at_home: House) -> None:
    await left_unconfirmed(at_home)
    await status(at_home.ann)

    await at_home.ann.click(ids.LEAVE)
    await at_home.entry_in(State.LEFT)

    assert buttons(await status(at_home.ann)) == ["Open the form"]
    await reopen_and_submit(at_home, "Export hangs")


async def test_leave_it_is_answered_with_the_form(at_home: House) -> None:
    await left_unconfirmed(at_home)
    await status(at_home.ann)

    await at_home.ann.click(ids.LEAVE)

    said = await at_home.slack.until(
        lambda slack: next((m for m in slack.from_bot() if "Left as it is" in text_on(m)), None)
    )
    assert buttons(said.blocks) == ["Open the form"]
    await reopen_and_submit(at_home, "Export hangs")


async def test_a_refused_submission_reopens_with_its_values(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await at_home.ann.close()

    assert buttons(await status(at_home.ann)) == ["Open the form"]
    await reopen_and_submit(at_home, "Export hangs")


async def test_ten_of_the_longest_fit_into_one_message_and_each_reopens_completely(
    at_home: House,
) -> None:
    at_home.weav.fail(WeavFault(status=403, **CREATE))
    subjects = [f"{number}{'&' * 499}" for number in range(10)]
    for subject in subjects:
        await at_home.fill_in(subject=subject)
        await at_home.ann.submit()
        await at_home.ann.close()

    blocks = await status(at_home.ann)

    assert len(blocks) == 21
    assert len(json.dumps(blocks)) < 10_000
    rows = [each for each in at_home.slack.from_bot()[-1].blocks if each["type"] == "actions"]
    for subject, row in zip(reversed(subjects), rows, strict=True):
        await click_first_button(at_home.ann, row)
        view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
        assert view.values["subject"]["subject"]["value"] == subject
        await at_home.ann.close()


async def click_first_button(person: Person, row: dict[str, Any]) -> None:
    """Click the first button of a row in the bot's last message, whoever can see it."""
    message = person.workspace.from_bot()[-1]
    action = action_entry(row, row["elements"][0], None)
    await person.send(
        Delivery("interactive", person.payloads.action_in_message(message, {}, action))
    )


async def buttons_of_refused(house: House) -> dict[str, Any]:
    """The buttons of a submission that Weav refused, as its author gets them."""
    house.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await house.fill_in(subject="Export hangs")
    await house.ann.submit()
    await house.ann.close()
    await status(house.ann)
    [row] = [each for each in house.slack.from_bot()[-1].blocks if each["type"] == "actions"]
    return row


async def last_private_text(house: House, slack_user_id: str, words: str) -> None:
    await house.slack.until(
        lambda slack: any(
            words in text_on(m) for m in slack.from_bot() if m.only_for == slack_user_id
        )
    )
    assert house.slack.top_view(slack_user_id) is None


async def test_only_the_author_can_reopen_a_form(at_home: House) -> None:
    row = await buttons_of_refused(at_home)

    await click_first_button(at_home.ben, row)

    await last_private_text(at_home, "U0BEN", "no longer has what you typed")


async def test_an_author_whose_data_was_removed_is_told_so(at_home: House) -> None:
    row = await buttons_of_refused(at_home)
    await forget_data(at_home)

    await click_first_button(at_home.ann, row)

    await last_private_text(at_home, "U0ANN", "no longer has what you typed")


async def test_if_the_database_does_not_answer_the_author_is_told_that_reason(
    at_home: House,
) -> None:
    row = await buttons_of_refused(at_home)
    at_home.lose("submissions")

    await click_first_button(at_home.ann, row)

    await last_private_text(at_home, "U0ANN", "database does not answer")


async def test_a_button_of_an_earlier_version_opens_the_form_that_it_carries(
    at_home: House,
) -> None:
    row = await buttons_of_refused(at_home)
    carried = {"values": {"subject": "Carried"}, "origin": {"via": "command"}}
    row["elements"][0]["value"] = json.dumps(carried)

    await click_first_button(at_home.ann, row)

    view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Carried"


async def test_a_row_whose_data_was_removed_has_no_buttons(at_home: House) -> None:
    await left_unconfirmed(at_home)
    await forget_data(at_home)

    blocks = await status(at_home.ann)

    assert "not confirmed" in str(blocks)
    assert buttons(blocks) == []


async def until_status_says(at_home: House, text: str) -> None:
    """Poll until it does: the database does not notify."""
    async with asyncio.timeout(5):
        while text not in str(await status(at_home.ann)):  # noqa: ASYNC110 - the bot's doing
            await asyncio.sleep(0.02)


async def test_it_shows_the_current_state_of_the_conversation(at_home: House) -> None:
    card = await post_card(at_home, priority="high")
    await until_status_says(at_home, "Export hangs: created · Open, High · ")

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_status_says(at_home, "Export hangs: created · Closed, High · ")
