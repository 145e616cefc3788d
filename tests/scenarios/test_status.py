"""`/weav-conversation status` lets the author go on from wherever a submission stands."""

import asyncio
import json
from typing import Any

from bot.ledger import Ledger, State
from bot.sandbox.slack import Delivery, Person
from bot.sandbox.slack.actions import action_entry
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.house import CREATE, JANE, House, chosen, text_on
from tests.scenarios.cards import posted


async def left_unconfirmed(house: House, subject: str = "Export hangs") -> None:
    """Submit, lose the request, and close the modal that offers the way on."""
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


async def reopened(house: House, subject: str) -> None:
    """Open the form from the latest message that offers it, and send what was typed."""
    await house.ann.click(ids.REOPEN)
    view = await house.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == subject
    assert chosen(view, "customer_id") == JANE
    await house.ann.submit()
    await house.card()


async def words_removed(house: House) -> None:
    """A row rests as soon as it is noted that its author knows, and a database tells nobody."""
    async with Ledger.open(house.database) as ledger, asyncio.timeout(5):
        while True:
            if await ledger.forget(0.0):
                return
            await asyncio.sleep(0.01)


async def test_a_not_confirmed_one_is_created_again_after_its_window_was_closed(
    any_way: House,
) -> None:
    await left_unconfirmed(any_way)

    assert buttons(await status(any_way.ann)) == ["Look again", "Create again", "Leave it"]
    await any_way.ann.click(ids.CREATE_AGAIN)

    await any_way.card()
    assert [each["subject"] for each in any_way.weav.conversations] == ["Export hangs"]


async def test_what_was_left_comes_back_with_what_was_typed(at_home: House) -> None:
    await left_unconfirmed(at_home)
    await status(at_home.ann)

    await at_home.ann.click(ids.LEAVE)
    await at_home.entry_in(State.LEFT)

    assert buttons(await status(at_home.ann)) == ["Open the form"]
    await reopened(at_home, "Export hangs")


async def test_leave_it_answers_with_the_form(at_home: House) -> None:
    await left_unconfirmed(at_home)
    await status(at_home.ann)

    await at_home.ann.click(ids.LEAVE)

    said = await at_home.slack.until(
        lambda slack: next((m for m in slack.from_bot() if "Left as it is" in text_on(m)), None)
    )
    assert buttons(said.blocks) == ["Open the form"]
    await reopened(at_home, "Export hangs")


async def test_what_weav_refused_comes_back_with_what_was_typed(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await at_home.ann.close()

    assert buttons(await status(at_home.ann)) == ["Open the form"]
    await reopened(at_home, "Export hangs")


async def test_ten_of_the_longest_fit_into_one_message_and_each_comes_back_whole(
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
        await clicked_by(at_home.ann, row)
        view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
        assert view.values["subject"]["subject"]["value"] == subject
        await at_home.ann.close()


async def clicked_by(person: Person, row: dict[str, Any]) -> None:
    """Click the first button of a row of the bot's last message, whoever sees that."""
    message = person.workspace.from_bot()[-1]
    action = action_entry(row, row["elements"][0], None)
    await person.send(
        Delivery("interactive", person.payloads.action_in_message(message, {}, action))
    )


async def refused_row(house: House) -> dict[str, Any]:
    """The buttons of one that Weav refused, as its author gets them."""
    house.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await house.fill_in(subject="Export hangs")
    await house.ann.submit()
    await house.ann.close()
    await status(house.ann)
    [row] = [each for each in house.slack.from_bot()[-1].blocks if each["type"] == "actions"]
    return row


async def told(house: House, slack_user_id: str, words: str) -> None:
    await house.slack.until(
        lambda slack: any(
            words in text_on(m) for m in slack.from_bot() if m.only_for == slack_user_id
        )
    )
    assert house.slack.top_view(slack_user_id) is None


async def test_only_its_author_gets_a_form_back(at_home: House) -> None:
    row = await refused_row(at_home)

    await clicked_by(at_home.ben, row)

    await told(at_home, "U0BEN", "no longer has what you typed")


async def test_whose_words_are_removed_learns_that_they_are(at_home: House) -> None:
    row = await refused_row(at_home)
    await words_removed(at_home)

    await clicked_by(at_home.ann, row)

    await told(at_home, "U0ANN", "no longer has what you typed")


async def test_a_database_that_does_not_answer_is_said_to_be_the_reason(at_home: House) -> None:
    row = await refused_row(at_home)
    at_home.lose("submissions")

    await clicked_by(at_home.ann, row)

    await told(at_home, "U0ANN", "database does not answer")


async def test_a_button_of_a_former_version_opens_the_form_that_it_carries(at_home: House) -> None:
    row = await refused_row(at_home)
    carried = {"values": {"subject": "Carried"}, "origin": {"via": "command"}}
    row["elements"][0]["value"] = json.dumps(carried)

    await clicked_by(at_home.ann, row)

    view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Carried"


async def test_a_row_whose_words_are_removed_offers_nothing(at_home: House) -> None:
    await left_unconfirmed(at_home)
    await words_removed(at_home)

    blocks = await status(at_home.ann)

    assert "not confirmed" in str(blocks)
    assert buttons(blocks) == []


async def says(at_home: House, text: str) -> None:
    """Ask until it does; a database tells nobody of its changes."""
    async with asyncio.timeout(5):
        while text not in str(await status(at_home.ann)):  # noqa: ASYNC110 - the bot's doing
            await asyncio.sleep(0.02)


async def test_it_says_how_the_conversation_is_by_now(at_home: House) -> None:
    card = await posted(at_home, priority="high")
    await says(at_home, "Export hangs: created · Open, High · ")

    await at_home.ben.click(ids.CLOSE, card.ts)

    await says(at_home, "Export hangs: created · Closed, High · ")
