"""Who reads: a channel that other organisations share gets a short card, and the form says so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import RESPONSE_URL, SlackFault, Workspace
from bot.sandbox.slack.directory import BOT_USER_ID
from bot.slack import ids
from tests.house import CONVERSATION_URL, JANE, House, house, text_on

INFO = "conversations.info"


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose bot may ask who reads a channel."""
    async with house(tmp_path) as opened:
        opened.slack.scopes += ("channels:read",)
        yield opened


@pytest.fixture
async def told_all(told: House) -> House:
    """And of private channels; one that the bot is not in is shared with another organisation."""
    told.slack.scopes += ("groups:read",)
    told.slack.channels["G0BILLING"].is_shared = True
    told.slack.channels["G0BILLING"].members.add("U0EVE")
    return told


def hint_of(slack: Workspace) -> str:
    view = slack.top_view("U0ANN")
    return view.block(ids.POST_TO)["hint"]["text"] if view else ""


async def open_form(at_home: House, words: str, slack_channel_id: str = "C0SUPPORT") -> None:
    await at_home.ann.command(f"email {JANE} {words}", slack_channel_id=slack_channel_id)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_outsiders_see_id_status_and_link_and_nothing_else(told: House) -> None:
    await open_form(told, "Export hangs", "C0PARTNERS")

    await told.ann.submit()

    card = await told.card("C0PARTNERS")
    [conversation] = told.weav.conversations
    seen = f"{card.text} {card.blocks}"
    assert conversation["id"] in card.text
    assert conversation["id"] in text_on(card)
    assert "Open" in text_on(card)
    assert CONVERSATION_URL.format(id=conversation["id"]) in seen
    for private in ("Export hangs", JANE, "U0ANN", "Email"):
        assert private not in seen


async def test_a_form_whose_opening_was_not_confirmed_is_left_as_it_is(
    told: House, capsys: pytest.CaptureFixture[str]
) -> None:
    told.slack.faults.add(SlackFault("views.open", drop="after"))  # asked again: exchanged
    told.slack.faults.add(SlackFault(INFO, delay=0.3))

    await open_form(told, "Export hangs", "C0PARTNERS")
    await told.slack.until(lambda slack: slack.calls_of(INFO))
    await asyncio.sleep(0.6)  # for what would be drawn

    assert len(told.slack.calls_of("views.open")) == 2
    assert "task_failed" not in capsys.readouterr().out


async def test_the_form_says_so_after_it_has_opened(told: House) -> None:
    told.slack.faults.add(SlackFault(INFO, delay=0.3))
    await open_form(told, "", "C0PARTNERS")
    assert "other organisations" not in hint_of(told.slack)
    told.ann.fill({"subject": "Typed meanwhile"})

    await told.slack.until(lambda slack: "other organisations" in hint_of(slack))

    assert told.ann.view.values["subject"]["subject"]["value"] == "Typed meanwhile"
    methods = [call.method for call in told.slack.calls]
    assert methods == ["views.open", INFO, "views.update"]
    assert (await told.ann.submit()).trouble == ""
    assert "Typed meanwhile" not in str((await told.card("C0PARTNERS")).blocks)


async def test_the_form_follows_the_choice_of_the_channel(told: House) -> None:
    await open_form(told, "Export hangs")

    await told.ann.act(ids.POST_TO, "C0PARTNERS")
    await told.slack.until(lambda slack: "other organisations" in hint_of(slack))

    await told.ann.act(ids.POST_TO, "C0GENERAL")
    await told.slack.until(lambda slack: "other organisations" not in hint_of(slack))
    assert "Everybody there" in hint_of(told.slack)
    await told.ann.submit()
    assert "Export hangs" in text_on(await told.card("C0GENERAL"))


@pytest.mark.parametrize(
    "choice", [{ids.CUSTOMER_ID: JANE}, {ids.ASSIGNEE_TYPE: "agent"}], ids=["customer", "assignee"]
)
async def test_a_form_of_the_global_shortcut_says_so_once_the_bot_knows_its_channel(
    told: House, choice: dict[str, str]
) -> None:
    """Slack fills the channel in by itself, and tells the bot with the first choice."""
    await told.ann.global_shortcut(ids.GLOBAL_SHORTCUT, "C0PARTNERS")
    await told.slack.until(lambda slack: slack.top_view("U0ANN"))
    await told.ann.suggest(ids.CUSTOMER_ID, JANE)

    for field, value in choice.items():
        await told.ann.act(field, value)

    await told.slack.until(lambda slack: "other organisations" in hint_of(slack))
    assert "Everybody there" in hint_of(told.slack)


async def test_without_the_scopes_it_works_as_before(at_home: House) -> None:
    await open_form(at_home, "Export hangs", "C0PARTNERS")
    await at_home.ann.act(ids.POST_TO, "C0PARTNERS")

    await at_home.ann.submit()

    assert "Export hangs" in text_on(await at_home.card("C0PARTNERS"))
    assert at_home.slack.calls_of(INFO) == []
    # The one that may come names the customer.
    assert "other organisations" not in str(at_home.slack.calls_of("views.update"))


async def test_a_channel_is_looked_up_once(told: House) -> None:
    for number in range(3):
        await open_form(told, f"Number {number}")
        await told.ann.submit()
    await told.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 3)

    assert len(told.slack.calls_of(INFO)) == 1


async def test_when_slack_could_say_and_does_not_the_card_is_short(told: House) -> None:
    told.slack.faults.add(SlackFault(INFO, error="internal_error", times=None))
    await open_form(told, "Export hangs")

    await told.ann.submit()

    card = await told.card()
    assert "Export hangs" not in text_on(card)
    assert "The bot cannot see who reads this channel" in text_on(card)


async def test_a_channel_that_the_bot_cannot_see_gets_what_it_got_before(told: House) -> None:
    await open_form(told, "Export hangs", "G0BILLING")

    await told.ann.submit()

    assert "Export hangs" in text_on(await told.card("G0BILLING"))


async def test_outsiders_may_read_a_private_channel_that_the_bot_is_not_in(told_all: House) -> None:
    await open_form(told_all, "Export hangs", "G0BILLING")
    await told_all.slack.until(lambda slack: "cannot see who reads" in hint_of(slack))
    assert "other organisations" not in hint_of(told_all.slack)
    assert "/invite @Weav" in hint_of(told_all.slack)
    assert "Everybody there" in hint_of(told_all.slack)

    await told_all.ann.submit()

    card = await told_all.card("G0BILLING")
    [conversation] = told_all.weav.conversations
    seen = f"{card.text} {card.blocks}"
    assert card.via == "response_url"
    assert conversation["id"] in text_on(card)
    assert "The bot cannot see who reads this channel" in text_on(card)
    for private in ("Export hangs", JANE, "U0ANN", "Email", "other organisations"):
        assert private not in seen


async def test_a_click_on_such_a_card_adds_nothing_to_it(told_all: House) -> None:
    await open_form(told_all, "Export hangs", "G0BILLING")
    await told_all.ann.submit()
    card = await told_all.card("G0BILLING")

    await told_all.ben.click(ids.CLOSE, card.ts)

    await told_all.slack.until(lambda _: "Closed" in text_on(card))
    assert "The bot cannot see who reads this channel" in text_on(card)
    for private in ("Export hangs", JANE, "U0ANN", "U0BEN"):
        assert private not in f"{card.text} {card.blocks}"


async def test_once_the_bot_is_invited_the_card_is_a_whole_one(told_all: House) -> None:
    billing = told_all.slack.channels["G0BILLING"]
    billing.is_shared = False
    await open_form(told_all, "Export hangs", "G0BILLING")
    await told_all.slack.until(lambda slack: "/invite" in hint_of(slack))

    billing.members.add(BOT_USER_ID)
    await told_all.ann.submit()

    assert "Export hangs" in text_on(await told_all.card("G0BILLING"))


async def test_the_note_changes_with_what_the_bot_can_see(told_all: House) -> None:
    await open_form(told_all, "", "G0BILLING")
    await told_all.slack.until(lambda slack: "/invite" in hint_of(slack))

    told_all.slack.channels["G0BILLING"].members.add(BOT_USER_ID)
    await told_all.ann.act(ids.POST_TO, "G0BILLING")
    await told_all.slack.until(lambda slack: "People of other organisations" in hint_of(slack))
    assert "/invite" not in hint_of(told_all.slack)

    await told_all.ann.act(ids.POST_TO, "G0TRIAGE")
    await told_all.slack.until(lambda slack: hint_of(slack).startswith("Everybody there"))


async def test_the_author_gets_the_whole_card_when_such_a_channel_gets_none(
    told_all: House,
) -> None:
    told_all.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    await open_form(told_all, "Export hangs", "G0BILLING")

    await told_all.ann.submit()

    assert "Export hangs" in text_on(await told_all.direct_message())


async def test_in_a_direct_message_the_card_is_a_whole_one(told_all: House) -> None:
    """The bot can never look into one of two people, and one person reads it."""
    await open_form(told_all, "Export hangs", "D0ANNBEN")

    await told_all.ann.submit()

    assert "Export hangs" in text_on(await told_all.card("D0ANNBEN"))
    assert told_all.slack.calls_of(INFO) == []
    # The one that may come names the customer.
    assert "who reads" not in str(told_all.slack.calls_of("views.update"))


async def test_the_author_gets_the_whole_card_when_the_channel_gets_none(told: House) -> None:
    told.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    told.slack.faults.add(
        SlackFault("chat.postMessage", error="is_archived", where={"channel": "C0PARTNERS"})
    )
    await open_form(told, "Export hangs", "C0PARTNERS")

    await told.ann.submit()

    assert "Export hangs" in text_on(await told.direct_message())


async def test_a_form_that_was_closed_meanwhile_is_left_in_peace(told: House) -> None:
    told.slack.faults.add(SlackFault(INFO, delay=0.3))
    await open_form(told, "", "C0PARTNERS")

    await told.ann.close()

    await told.slack.until(lambda slack: slack.calls_of("views.update"))
    assert told.slack.from_bot() == []
