"""A message that comes some time later says which conversation it is about."""

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN
from bot.slack import ids
from tests.house import CREATE, House, text_on
from tests.scenarios.cards import only_conversation, post_card, private_text
from tests.scenarios.test_not_confirmed import submit_without_confirmation


async def lose_request_and_close(house: House, subject: str = "") -> None:
    """Lose the request, and close the modal before the outcome is known."""
    house.weav.tokens[TOKEN].discard(READ)
    house.weav.fail(WeavFault.lost_request(times=1, delay=2.2, **CREATE))
    await house.fill_in(subject=subject)
    await house.ann.submit()
    await house.ann.close()


async def test_a_message_to_the_author_begins_with_the_subject(at_home: House) -> None:
    await lose_request_and_close(at_home, subject="<!here> Export hangs")

    message = await at_home.direct_message()

    assert text_on(message).startswith(":grey_question: “<!here> Export hangs”: ")
    assert message.blocks[0]["text"]["type"] == "plain_text"
    assert message.text.startswith("“&lt;!here&gt; Export hangs”: ")


async def test_without_a_subject_it_names_the_customer(at_home: House) -> None:
    await lose_request_and_close(at_home)

    assert ": For 3c90c3cc-" in text_on(await at_home.direct_message())


async def test_an_opened_conversation_is_linked(at_home: House) -> None:
    await lose_request_and_close(at_home, subject="Export hangs")
    message = await at_home.direct_message()

    await at_home.ann.click(ids.CREATE_AGAIN)

    await at_home.slack.until(lambda _: "“Export hangs”: The conversation is" in text_on(message))
    link = (
        f"<https://app.weav.example/conversations/{only_conversation(at_home)['id']}|Open in Weav>"
    )
    assert link in text_on(message)


async def test_the_modal_of_an_unconfirmed_submission_names_it(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()

    view = await submit_without_confirmation(at_home)

    assert "“Export hangs”: " in text_on(view)
    await at_home.entry_in(State.UNCONFIRMED)


@pytest.mark.parametrize("channel", ["C0SUPPORT", "C0PARTNERS"])
async def test_a_private_message_says_which_card_was_clicked(at_home: House, channel: str) -> None:
    at_home.slack.scopes += ("channels:read",)
    card = await post_card(at_home, post_to=channel)

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    said = await private_text(at_home)
    address = f"https://app.weav.example/conversations/{only_conversation(at_home)['id']}"
    assert said.startswith(f"<{address}|")
    assert ("|Export hangs>: " in said) == (channel == "C0SUPPORT")
