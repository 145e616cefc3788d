"""Cards and messages of version 0.1.0 work with this version, click by click."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from bot.ledger import State
from bot.slack import ids
from tests.harness import JANE, public, text_on
from tests.scenarios.cards import ANN_IN_WEAV, BEN_IN_WEAV
from tests.upgrade.restored import PATIENCE, Restored, read

if TYPE_CHECKING:
    from bot.sandbox.slack import Endpoint, SlackMessage, Workspace
    from bot.sandbox.weav.store import Resource

CARDS: Final[dict[str, str]] = read("slack.json")["cards"]
# The subject of each card; complete cards show it themselves.
SUBJECTS: Final = {
    "full": "Export hangs @channel & more",
    "redrawn": "Invoice is wrong",
    "short": "Not for partners",
    "response_url": "In a channel without the bot",
    "thread": "The export of jane@example.com hangs since Monday.",
    "direct": "Where the bot may not post",
    "under_way": "Closed in the last moment",
}


def card_about(world: Restored, name: str) -> SlackMessage:
    card = world.slack.message(CARDS[name])
    assert card is not None
    return card


async def until_card_says(world: Restored, name: str, *texts: str) -> None:
    card = card_about(world, name)
    await world.slack.until(
        lambda _: card.edited and all(text in text_on(card) for text in texts), PATIENCE
    )


def conversation(world: Restored, name: str) -> Resource:
    [found] = world.conversations(SUBJECTS[name])
    return found


async def send_click(world: Restored, endpoint: Endpoint, name: str, way: str, *said: str) -> None:
    """Send a recorded click, and wait until the card contains all these texts."""
    answer = await world.send(f"card_{name}_{way}", endpoint)
    assert (answer.status, answer.trouble) == (200, "")
    await until_card_says(world, name, *said)


@pytest.mark.parametrize("name", ["full", "response_url", "thread"])
async def test_each_button_changes_one_field_and_the_card_shows_all_fields(
    in_a_file: Restored, name: str
) -> None:
    async with in_a_file.bot() as endpoint:
        await send_click(in_a_file, endpoint, name, "close", "<@U0BEN> closed it")
        lines = ["<@U0BEN> closed it", "<@U0BEN> set the priority to Low"]
        await send_click(in_a_file, endpoint, name, "priority", *lines)
        await send_click(in_a_file, endpoint, name, "assign", *lines, "<@U0BEN> took it")

    changed = conversation(in_a_file, name)
    assert (changed["status"], changed["priority"]) == ("closed", "low")
    assert (changed["assignee_type"], changed["assignee_id"]) == ("user", BEN_IN_WEAV)
    card = card_about(in_a_file, name)
    assert "Opened by <@U0ANN>" in text_on(card)
    assert SUBJECTS[name] in text_on(card).replace("\u2060", "")
    assert len([m for m in in_a_file.slack.from_bot() if changed["id"] in text_on(m)]) == 1


async def test_a_changed_card_keeps_its_history(in_a_file: Restored) -> None:
    before = ["<@U0ANN> set the priority to Urgent", "<@U0BEN> closed it"]
    async with in_a_file.bot() as endpoint:
        await send_click(in_a_file, endpoint, "redrawn", "reopen", *before, "<@U0BEN> reopened it")
        await send_click(in_a_file, endpoint, "redrawn", "priority", "to Low", *before[1:])

    changed = conversation(in_a_file, "redrawn")
    assert (changed["status"], changed["priority"]) == ("open", "low")
    assert changed["assignee_id"] == BEN_IN_WEAV


async def test_a_card_in_a_direct_message_keeps_the_reason_above(in_a_file: Restored) -> None:
    [reason] = [b for b in card_about(in_a_file, "direct").blocks[:1] if b["type"] == "section"]
    assert "could not be posted" in text_on(card_about(in_a_file, "direct"))
    async with in_a_file.bot() as endpoint:
        await send_click(in_a_file, endpoint, "direct", "close", "<@U0ANN> closed it")
        await send_click(in_a_file, endpoint, "direct", "priority", "to Normal")
        await send_click(in_a_file, endpoint, "direct", "assign", "<@U0ANN> took it")

    assert card_about(in_a_file, "direct").blocks[0]["text"] == reason["text"]
    changed = conversation(in_a_file, "direct")
    assert (changed["status"], changed["priority"]) == ("closed", "normal")
    assert changed["assignee_id"] == ANN_IN_WEAV


async def test_a_short_card_stays_short(in_a_file: Restored) -> None:
    short = conversation(in_a_file, "short")
    async with in_a_file.bot() as endpoint:
        for way, changes in (
            ("close", {"status": "closed"}),
            ("priority", {"priority": "low"}),
            ("assign", {"assignee_id": BEN_IN_WEAV}),
        ):
            notes = len(private_notes(in_a_file.slack))
            await in_a_file.send(f"card_short_{way}", endpoint)
            await in_a_file.slack.until(partial(more_notes, notes))
            assert changes.items() <= short.items()

    [card] = public(in_a_file.slack, "C0PARTNERS")[-1:]
    assert card.ts == CARDS["short"]
    assert card.edited
    assert "Closed" in text_on(card)
    for private in (SUBJECTS["short"], JANE, "U0ANN", "U0BEN"):
        assert private not in f"{card.text} {card.blocks}"


def private_notes(slack: Workspace) -> list[SlackMessage]:
    return [m for m in slack.from_bot() if m.only_for == "U0BEN" and m.via != "answer"]


def more_notes(than: int, slack: Workspace) -> bool:
    return len(private_notes(slack)) > than


async def test_a_change_that_was_under_way_is_shown_after_the_next_one(
    left_behind: Restored,
) -> None:
    """Weav had made the change when the bot was killed, but the card did not show it yet."""
    assert conversation(left_behind, "under_way")["status"] == "closed"
    assert "closed it" not in text_on(card_about(left_behind, "under_way"))
    async with left_behind.bot() as endpoint:
        lines = ["<@U0BEN> closed it", "<@U0BEN> set the priority to Low"]
        await send_click(left_behind, endpoint, "under_way", "priority", *lines)
        await send_click(left_behind, endpoint, "under_way", "assign", *lines, "<@U0BEN> took it")


@pytest.mark.parametrize(
    ("name", "author", "subject"),
    [
        ("reopen_after_an_expired_trigger", "U0LATE", "A trigger that ran out"),
        ("status_open_the_form", "U0REFUSED", "Refused and told"),
        ("message_open_the_form", "U0REOPEN", "Refused after its window was closed"),
    ],
)
async def test_a_button_reopens_the_form_with_its_values(
    in_a_file: Restored, name: str, author: str, subject: str
) -> None:
    async with in_a_file.bot() as endpoint:
        await in_a_file.send(name, endpoint)
        await in_a_file.slack.until(lambda slack: slack.top_view(author))
        answer = await in_a_file.person(author, endpoint).submit()
        assert (answer.trouble, answer.errors) == ("", {})
        await in_a_file.card_about(subject)

    [create] = [r.json for r in in_a_file.weav.creations if r.json["subject"] == subject]
    assert create == {"channel": "email", "customer_id": JANE, "subject": subject}


@pytest.mark.parametrize(
    ("name", "author", "subject"),
    [
        ("modal_create", "U0NCCREATE", "Not confirmed create"),
        ("message_create", "U0NCDMCREATE", "Not confirmed by message create"),
    ],
)
async def test_create_again_creates_the_conversation(
    left_behind: Restored, name: str, author: str, subject: str
) -> None:
    async with left_behind.bot() as endpoint:
        await left_behind.send(name, endpoint)
        await left_behind.card_about(subject)
        await left_behind.until_seen(author, "is open in Weav")

    assert len(left_behind.conversations(subject)) == 1


@pytest.mark.parametrize(
    ("name", "author", "subject"),
    [
        ("modal_look", "U0NCLOOK", "Not confirmed look"),
        ("message_look", "U0NCDMLOOK", "Not confirmed by message look"),
        ("status_look_again", "U0UNCONFIRMED", "Not confirmed and told"),
    ],
)
async def test_look_again_finds_what_weav_has_by_now(
    left_behind: Restored, name: str, author: str, subject: str
) -> None:
    left_behind.weav.store.create_conversation(
        {"channel": "email", "customer_id": JANE, "subject": subject}
    )
    async with left_behind.bot() as endpoint:
        await left_behind.send(name, endpoint)
        await left_behind.card_about(subject)
        await left_behind.until_seen(author, "is open in Weav")

    assert (await left_behind.latest(author)).recovered
    assert subject not in str([request.body for request in left_behind.weav.creations])


@pytest.mark.parametrize(
    ("name", "author"), [("modal_leave", "U0NCLEAVE"), ("message_leave", "U0NCDMLEAVE")]
)
async def test_leave_it_ends_the_row(left_behind: Restored, name: str, author: str) -> None:
    async with left_behind.bot() as endpoint:
        await left_behind.send(name, endpoint)
        await left_behind.until_seen(author, "Left as it is")

    assert (await left_behind.latest(author)).state is State.LEFT
    assert ids.CREATE_AGAIN not in str(left_behind.slack.from_bot(f"D{author[1:]}BOT"))
