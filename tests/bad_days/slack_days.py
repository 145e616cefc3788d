"""For each of the bot's calls to Slack: what a user does while it fails, and what they must see."""

from __future__ import annotations

from bot.ledger import State
from bot.slack import ids
from tests.bad_days.replies import error, http, late, says
from tests.bad_days.rows import Row, add_fault
from tests.bad_days.table import SlackDay, WeavDay
from tests.harness import text_on

# Longer than a submission waits for Weav, so the outcome needs its own call to Slack.
LATE_REFUSAL = WeavDay("a late refusal", late(2.2, says(http(403, b""))), "refused")
NOT_IN_CHANNEL = SlackDay("`not_in_channel`", error("not_in_channel"), "refused")
EXPIRED = SlackDay("`expired_trigger_id`", error("expired_trigger_id"), "expired")
CANNOT = SlackDay("`cant_update_message`", error("cant_update_message"), "refused")
NEEDS = "external-api:write"


async def open_form(row: Row, day: SlackDay) -> None:
    """The form opens, or the user gets a button that opens it."""
    add_fault(row, "/api/views.open", row.customer_id, day)

    await row.command()

    if day.then != "lost":
        told = await row.private()
        expected = "took too long" if day.then == "expired" else "Slack did not open the form"
        assert expected in text_on(told)
        await row.person.click(ids.REOPEN, told.ts)
    view = await row.opened()
    assert view.values["subject"]["subject"]["value"] == row.subject
    assert row.conversations == []


async def tell_privately(row: Row, day: SlackDay) -> None:
    """A message that cannot be posted in the channel comes as a direct message."""
    add_fault(row, "/api/views.open", row.customer_id, EXPIRED)
    add_fault(row, "/commands/", row.customer_id, day)

    await row.command()

    told = await (row.private() if day.then == "fine" else row.direct())
    assert "took too long" in text_on(told)
    await row.person.click(ids.REOPEN, told.ts)
    await row.opened()
    if day.then == "fine":
        assert row.told() == [told]


async def update_form(row: Row, day: SlackDay) -> None:
    """A late refusal is in the modal or in a direct message, with the form."""
    add_fault(row, "/v1/conversations", row.customer_id, LATE_REFUSAL)
    await row.command()
    view = await row.opened()
    await row.shown("The customer is Jane Doe")  # the form's own update, which succeeds
    add_fault(row, "/api/views.update", view.id, day)

    await row.submit()

    if day.then in ("later", "lost"):
        await row.shown(NEEDS)
    else:
        told = await row.direct()
        assert NEEDS in text_on(told)
        assert row.shows(NEEDS) == day.carried_out
        await row.person.close(view.id)
        await row.person.click(ids.REOPEN, told.ts)
        await row.opened()
    await row.told_in(State.REFUSED)
    assert row.conversations == []
    await _next_one_works(row, cards=1)


async def publish_home_tab(row: Row, day: SlackDay) -> None:
    """The tab is up to date at the next opening at the latest."""
    fault = add_fault(row, "/api/views.publish", row.person.slack_user_id, day)

    answer = await row.person.open_home()

    assert (answer.status, answer.trouble, answer.seconds < 3) == (200, "", True)
    await row.until(lambda: not fault.left, 15)
    if day.then in ("later", "lost") or day.name == "`hash_conflict`":
        await row.until_home_shows("You have opened none yet")
    await row.command()
    await row.opened()
    await row.submit()
    await row.told_in(State.ANNOUNCED)
    await row.person.open_home()
    await row.until_home_shows(row.subject[:20])
    assert row.told() == []


async def post_card(row: Row, day: SlackDay) -> None:
    """The card is in the channel, or its author has it and is told what is uncertain."""
    add_fault(row, "/api/chat.postMessage", row.slack_channel_id, day)
    await row.command()
    await row.opened()

    await row.submit()

    entry = await row.told_in(State.ANNOUNCED)
    cards = [card.via for card in row.cards()]
    match day.then:
        case "later":
            assert (entry.route, cards) == ("channel", ["api"])
        case "refused" | "expired":
            assert (entry.route, cards) == ("response_url", ["response_url"])
        case _:
            assert (entry.route, cards) == ("direct", ["api"] * day.carried_out)
            assert "Slack did not confirm that its card was posted" in text_on(await row.direct())
    await row.command()
    await row.opened()
    await _next_one_works(row, cards=len(cards) + 1)
    assert len(row.conversations) == 2


async def post_card_where_the_bot_is_no_member(row: Row, day: SlackDay) -> None:
    add_fault(row, "/api/chat.postMessage", row.slack_channel_id, NOT_IN_CHANNEL)
    add_fault(row, "/app/", row.customer_id, day)
    await row.command()
    await row.opened()

    await row.submit()

    entry = await row.told_in(State.ANNOUNCED)
    assert entry.route == ("response_url" if day.then == "fine" else "direct")
    assert [card.via for card in row.cards()] == ["response_url"] * day.carried_out
    if day.then == "fine":
        assert row.told() == []
    else:
        assert row.customer_id in text_on(await row.direct())
    assert len(row.conversations) == 1


async def redraw_card(row: Row, day: SlackDay) -> None:
    """The click is carried out once, and the card shows it by one route or the other."""
    await row.command()
    await row.opened()
    await row.submit()
    await row.told_in(State.ANNOUNCED)
    [card] = row.cards()
    add_fault(row, "/api/chat.update", row.slack_channel_id, day)

    answer = await row.person.click(ids.CLOSE, card.ts)

    assert (answer.status, answer.trouble, answer.seconds < 3) == (200, "", True)
    await row.until(lambda: "closed it" in text_on(row.cards()[0]), 25)
    assert [each["status"] for each in row.conversations] == ["closed"]
    await row.person.click(ids.OPEN_AGAIN, card.ts)
    await row.until(lambda: "reopened it" in text_on(row.cards()[0]), 15)
    assert len(row.cards()) == 1
    assert row.told() == []


async def redraw_card_nowhere(row: Row, day: SlackDay) -> None:
    """The clicker is told that the card could not be redrawn."""
    await row.command()
    await row.opened()
    await row.submit()
    await row.told_in(State.ANNOUNCED)
    [card] = row.cards()
    add_fault(row, "/api/chat.update", row.slack_channel_id, CANNOT)
    add_fault(row, "/actions/", row.customer_id, day)

    await row.person.click(ids.CLOSE, card.ts)

    if day.then == "fine":
        await row.until(lambda: "closed it" in text_on(row.cards()[0]), 15)
        assert row.told() == []
        return
    assert "did not let the bot update this card" in text_on(await row.private())
    assert [each["status"] for each in row.conversations] == ["closed"]


async def _next_one_works(row: Row, cards: int) -> None:
    await row.submit()
    await row.told_in(State.ANNOUNCED)
    assert len(row.cards()) == cards
