"""A message that comes some time later says which conversation it is about."""

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN
from bot.slack import ids
from tests.harness import CREATE, Harness, text_on
from tests.scenarios.cards import only_conversation, post_card, private_text
from tests.scenarios.test_not_confirmed import submit_without_confirmation


async def lose_request_and_close(harness: Harness, subject: str = "") -> None:
    """Lose the request, and close the modal before the outcome is known."""
    harness.weav.tokens[TOKEN].discard(READ)
    harness.weav.fail(WeavFault.lost_request(times=1, delay=2.2, **CREATE))
    await harness.fill_in(subject=subject)
    await harness.ann.submit()
    await harness.ann.close()


async def test_a_message_to_the_author_begins_with_the_subject(harness: Harness) -> None:
    await lose_request_and_close(harness, subject="<!here> Export hangs")

    message = await harness.direct_message()

    assert text_on(message).startswith(":grey_question: “<!here> Export hangs”: ")
    assert message.blocks[0]["text"]["type"] == "plain_text"
    assert message.text.startswith("“&lt;!here&gt; Export hangs”: ")


async def test_without_a_subject_it_names_the_customer(harness: Harness) -> None:
    await lose_request_and_close(harness)

    assert ": For 3c90c3cc-" in text_on(await harness.direct_message())


async def test_an_opened_conversation_is_linked(harness: Harness) -> None:
    await lose_request_and_close(harness, subject="Export hangs")
    message = await harness.direct_message()

    await harness.ann.click(ids.CREATE_AGAIN)

    await harness.slack.until(lambda _: "“Export hangs”: The conversation is" in text_on(message))
    link = (
        f"<https://app.weav.example/conversations/{only_conversation(harness)['id']}|Open in Weav>"
    )
    assert link in text_on(message)


async def test_the_modal_of_an_unconfirmed_submission_names_it(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()

    view = await submit_without_confirmation(harness)

    assert "“Export hangs”: " in text_on(view)
    await harness.entry_in(State.UNCONFIRMED)


@pytest.mark.parametrize("channel", ["C0SUPPORT", "C0PARTNERS"])
async def test_a_private_message_says_which_card_was_clicked(
    harness: Harness, channel: str
) -> None:
    harness.slack.scopes += ("channels:read",)
    card = await post_card(harness, post_to=channel)

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    said = await private_text(harness)
    address = f"https://app.weav.example/conversations/{only_conversation(harness)['id']}"
    assert said.startswith(f"<{address}|")
    assert ("|Export hangs>: " in said) == (channel == "C0SUPPORT")
