"""The audience: a channel of several organisations gets a short card, and the form says so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import RESPONSE_URL, SlackFault, Workspace
from bot.sandbox.slack.directory import BOT_USER_ID
from bot.slack import ids
from tests.harness import CONVERSATION_URL, JANE, Harness, open_harness, text_on

INFO = "conversations.info"


@pytest.fixture
async def public_scope(tmp_path: Path) -> AsyncIterator[Harness]:
    """A harness whose bot has the scope to look up public channels."""
    async with open_harness(tmp_path) as opened:
        opened.slack.scopes += ("channels:read",)
        yield opened


@pytest.fixture
async def private_scope(public_scope: Harness) -> Harness:
    """Can also look up private channels; one without the bot is shared with others."""
    public_scope.slack.scopes += ("groups:read",)
    public_scope.slack.channels["G0BILLING"].is_shared = True
    public_scope.slack.channels["G0BILLING"].members.add("U0EVE")
    return public_scope


def hint_of(slack: Workspace) -> str:
    view = slack.top_view("U0ANN")
    return view.block(ids.POST_TO)["hint"]["text"] if view else ""


async def open_form(harness: Harness, words: str, slack_channel_id: str = "C0SUPPORT") -> None:
    await harness.ann.command(f"email {JANE} {words}", slack_channel_id=slack_channel_id)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_outsiders_see_only_id_status_and_link(public_scope: Harness) -> None:
    await open_form(public_scope, "Export hangs", "C0PARTNERS")

    await public_scope.ann.submit()

    card = await public_scope.card("C0PARTNERS")
    [conversation] = public_scope.weav.conversations
    seen = f"{card.text} {card.blocks}"
    assert conversation["id"] in card.text
    assert conversation["id"] in text_on(card)
    assert "Open" in text_on(card)
    assert CONVERSATION_URL.format(id=conversation["id"]) in seen
    for private in ("Export hangs", JANE, "U0ANN", "Email"):
        assert private not in seen


async def test_a_form_whose_opening_was_not_confirmed_is_not_redrawn(
    public_scope: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    # The retry gets exchanged_trigger_id.
    public_scope.slack.faults.add(SlackFault("views.open", drop="after"))
    public_scope.slack.faults.add(SlackFault(INFO, delay=0.3))

    await open_form(public_scope, "Export hangs", "C0PARTNERS")
    await public_scope.slack.until(lambda slack: slack.calls_of(INFO))
    await asyncio.sleep(0.6)  # a redraw would have come by now

    assert len(public_scope.slack.calls_of("views.open")) == 2
    assert "task_failed" not in capsys.readouterr().out


async def test_the_note_about_readers_is_added_after_the_form_opens(public_scope: Harness) -> None:
    public_scope.slack.faults.add(SlackFault(INFO, delay=0.3))
    await open_form(public_scope, "", "C0PARTNERS")
    assert "other organisations" not in hint_of(public_scope.slack)
    public_scope.ann.fill({"subject": "Typed meanwhile"})

    await public_scope.slack.until(lambda slack: "other organisations" in hint_of(slack))

    assert public_scope.ann.view.values["subject"]["subject"]["value"] == "Typed meanwhile"
    methods = [call.method for call in public_scope.slack.calls]
    assert methods == ["views.open", INFO, "views.update"]
    assert (await public_scope.ann.submit()).trouble == ""
    assert "Typed meanwhile" not in str((await public_scope.card("C0PARTNERS")).blocks)


async def test_the_note_follows_the_chosen_channel(public_scope: Harness) -> None:
    await open_form(public_scope, "Export hangs")

    await public_scope.ann.act(ids.POST_TO, "C0PARTNERS")
    await public_scope.slack.until(lambda slack: "other organisations" in hint_of(slack))

    await public_scope.ann.act(ids.POST_TO, "C0GENERAL")
    await public_scope.slack.until(lambda slack: "other organisations" not in hint_of(slack))
    assert "Everyone there" in hint_of(public_scope.slack)
    await public_scope.ann.submit()
    assert "Export hangs" in text_on(await public_scope.card("C0GENERAL"))


@pytest.mark.parametrize(
    "choice", [{ids.CUSTOMER_ID: JANE}, {ids.ASSIGNEE_TYPE: "agent"}], ids=["customer", "assignee"]
)
async def test_a_form_of_the_global_shortcut_gets_the_note_once_the_channel_is_known(
    public_scope: Harness, choice: dict[str, str]
) -> None:
    """Slack fills in the channel, and tells the bot only with the first choice."""
    await public_scope.ann.global_shortcut(ids.GLOBAL_SHORTCUT, "C0PARTNERS")
    await public_scope.slack.until(lambda slack: slack.top_view("U0ANN"))
    await public_scope.ann.suggest(ids.CUSTOMER_ID, JANE)

    for field, value in choice.items():
        await public_scope.ann.act(field, value)

    await public_scope.slack.until(lambda slack: "other organisations" in hint_of(slack))
    assert "Everyone there" in hint_of(public_scope.slack)


async def test_without_the_scopes_cards_are_complete_and_no_channel_is_looked_up(
    harness: Harness,
) -> None:
    await open_form(harness, "Export hangs", "C0PARTNERS")
    await harness.ann.act(ids.POST_TO, "C0PARTNERS")

    await harness.ann.submit()

    assert "Export hangs" in text_on(await harness.card("C0PARTNERS"))
    assert harness.slack.calls_of(INFO) == []
    # The one that may come names the customer.
    assert "other organisations" not in str(harness.slack.calls_of("views.update"))


async def test_a_channel_is_looked_up_once(public_scope: Harness) -> None:
    for number in range(3):
        await open_form(public_scope, f"Number {number}")
        await public_scope.ann.submit()
    await public_scope.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 3)

    assert len(public_scope.slack.calls_of(INFO)) == 1


async def test_if_slack_fails_to_tell_who_reads_the_card_is_short(public_scope: Harness) -> None:
    public_scope.slack.faults.add(SlackFault(INFO, error="internal_error", times=None))
    await open_form(public_scope, "Export hangs")

    await public_scope.ann.submit()

    card = await public_scope.card()
    assert "Export hangs" not in text_on(card)
    assert "The bot cannot see who reads this channel" in text_on(card)


async def test_a_channel_that_the_bot_cannot_see_gets_the_complete_card(
    public_scope: Harness,
) -> None:
    await open_form(public_scope, "Export hangs", "G0BILLING")

    await public_scope.ann.submit()

    assert "Export hangs" in text_on(await public_scope.card("G0BILLING"))


async def test_outsiders_may_read_a_private_channel_without_the_bot(private_scope: Harness) -> None:
    await open_form(private_scope, "Export hangs", "G0BILLING")
    await private_scope.slack.until(lambda slack: "cannot see who reads" in hint_of(slack))
    assert "other organisations" not in hint_of(private_scope.slack)
    assert "/invite @Weav" in hint_of(private_scope.slack)
    assert "Everyone there" in hint_of(private_scope.slack)

    await private_scope.ann.submit()

    card = await private_scope.card("G0BILLING")
    [conversation] = private_scope.weav.conversations
    seen = f"{card.text} {card.blocks}"
    assert card.via == "response_url"
    assert conversation["id"] in text_on(card)
    assert "The bot cannot see who reads this channel" in text_on(card)
    for private in ("Export hangs", JANE, "U0ANN", "Email", "other organisations"):
        assert private not in seen


async def test_a_click_on_a_short_card_adds_nothing_to_it(private_scope: Harness) -> None:
    await open_form(private_scope, "Export hangs", "G0BILLING")
    await private_scope.ann.submit()
    card = await private_scope.card("G0BILLING")

    await private_scope.ben.click(ids.CLOSE, card.ts)

    await private_scope.slack.until(lambda _: "Closed" in text_on(card))
    assert "The bot cannot see who reads this channel" in text_on(card)
    for private in ("Export hangs", JANE, "U0ANN", "U0BEN"):
        assert private not in f"{card.text} {card.blocks}"


async def test_once_the_bot_is_invited_the_card_is_complete(private_scope: Harness) -> None:
    billing = private_scope.slack.channels["G0BILLING"]
    billing.is_shared = False
    await open_form(private_scope, "Export hangs", "G0BILLING")
    await private_scope.slack.until(lambda slack: "/invite" in hint_of(slack))

    billing.members.add(BOT_USER_ID)
    await private_scope.ann.submit()

    assert "Export hangs" in text_on(await private_scope.card("G0BILLING"))


async def test_the_note_changes_with_what_the_bot_can_see(private_scope: Harness) -> None:
    await open_form(private_scope, "", "G0BILLING")
    await private_scope.slack.until(lambda slack: "/invite" in hint_of(slack))

    private_scope.slack.channels["G0BILLING"].members.add(BOT_USER_ID)
    await private_scope.ann.act(ids.POST_TO, "G0BILLING")
    await private_scope.slack.until(
        lambda slack: "People from other organisations" in hint_of(slack)
    )
    assert "/invite" not in hint_of(private_scope.slack)

    await private_scope.ann.act(ids.POST_TO, "G0TRIAGE")
    await private_scope.slack.until(lambda slack: hint_of(slack).startswith("Everyone there"))


async def test_if_such_a_channel_takes_no_card_the_author_gets_the_complete_one(
    private_scope: Harness,
) -> None:
    private_scope.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    await open_form(private_scope, "Export hangs", "G0BILLING")

    await private_scope.ann.submit()

    assert "Export hangs" in text_on(await private_scope.direct_message())


async def test_in_a_direct_message_the_card_is_complete(private_scope: Harness) -> None:
    """The bot can never look up a direct message between two people, and one person reads it."""
    await open_form(private_scope, "Export hangs", "D0ANNBEN")

    await private_scope.ann.submit()

    assert "Export hangs" in text_on(await private_scope.card("D0ANNBEN"))
    assert private_scope.slack.calls_of(INFO) == []
    # The one that may come names the customer.
    assert "who reads" not in str(private_scope.slack.calls_of("views.update"))


async def test_if_the_channel_takes_no_card_the_author_gets_the_complete_one(
    public_scope: Harness,
) -> None:
    public_scope.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    public_scope.slack.faults.add(
        SlackFault("chat.postMessage", error="is_archived", where={"channel": "C0PARTNERS"})
    )
    await open_form(public_scope, "Export hangs", "C0PARTNERS")

    await public_scope.ann.submit()

    assert "Export hangs" in text_on(await public_scope.direct_message())


async def test_a_form_that_was_closed_is_not_redrawn(public_scope: Harness) -> None:
    public_scope.slack.faults.add(SlackFault(INFO, delay=0.3))
    await open_form(public_scope, "", "C0PARTNERS")

    await public_scope.ann.close()

    await public_scope.slack.until(lambda slack: slack.calls_of("views.update"))
    assert public_scope.slack.from_bot() == []
