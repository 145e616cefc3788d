"""Rows that version 0.1.0 left unfinished are finished once, and their authors told the truth."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.ledger import State
from bot.slack import ids
from tests.harness import selected_value
from tests.scenarios.cards import ANN_IN_WEAV
from tests.upgrade.restored import DATA, Restored, restored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from bot.sandbox.slack import SlackView


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an author's row; each row has a subject of its own.

    `sent`: POSTs that this version makes. `conversations` (in Weav) and `cards` (in the channel)
    count those of both versions.
    """

    subject: str
    state: State
    sent: int
    conversations: int
    cards: int
    recovered: bool = False


def created(subject: str) -> Fate:
    return Fate(subject, State.ANNOUNCED, sent=1, conversations=1, cards=1)


def announced(subject: str, cards: int = 1, *, recovered: bool = False) -> Fate:
    return Fate(subject, State.ANNOUNCED, 0, 1, cards, recovered)


def ended(subject: str, state: State) -> Fate:
    return Fate(subject, state, sent=0, conversations=0, cards=0)


# Sent, or perhaps sent; these end the same way however long the bot was away.
SENT: Final = {
    "U0SENT": ended("Sent and lost on the way", State.UNCONFIRMED),
    "U0SENDING": ended("Sending and not sent", State.UNCONFIRMED),
    "U0SENDINGAGAIN": ended("Sending again", State.UNCONFIRMED),
    "U0ARRIVED": announced("Arrived and not recorded", recovered=True),
    "U0FOUND": announced("Answer lost and found", recovered=True),
    "U0CLAIMED": announced("Recovered without a card", recovered=True),
    "U0OPENED": announced("Opened without a card"),
    # Posted before the bot died, and again since that was not recorded.
    "U0POSTED": announced("Card posted and not recorded", cards=2),
    "U0TRIED": announced("Slack took no card"),
    # As direct messages: the form's response URL has expired, or the channel may have the card.
    "U0BILLING": announced("Card for a channel without the bot", cards=0),
    "U0PERHAPS": announced("Slack may have taken the card", cards=0),
    "U0REFUSEDUNTOLD": ended("Refused and not told", State.REFUSED),
    "U0EXPIREDUNTOLD": ended("Expired and not told", State.EXPIRED),
    "U0UNCONFIRMEDUNTOLD": ended("Not confirmed and not told", State.UNCONFIRMED),
    "U0NAMED": ended("Customer created and named", State.UNCONFIRMED),
}
# Certainly not created, with time left.
IN_TIME: Final = {
    "U0RECEIVED": created("Received"),
    "U0RECEIVEDNEW": created("Received with a new customer"),
    "U0AGAIN": created("Received again"),
    "U0NOTASKED": created("Customer not asked for"),
    "U0ASKED": ended("Customer asked for", State.REFUSED),
    "U0CREATED": created("Customer created"),
    "U0NEWQUEUED": created("Queued with a new customer"),
    "U0PATIENT": created("Queued and patient"),
    "U0QUEUEDAGAIN": created("Queued again"),
    "U0QUEUED": created("Queued"),
}
# The same a day later; after "Create again" the first attempt may have created one.
TOO_LATE: Final = {
    author: ended(
        fate.subject,
        State.UNCONFIRMED if author in {"U0AGAIN", "U0QUEUEDAGAIN"} else State.EXPIRED,
    )
    for author, fate in IN_TIME.items()
}
# Finished by 0.1.0; their authors are told nothing more.
AT_REST: Final = {
    "U0REFUSED": State.REFUSED,
    "U0UNCONFIRMED": State.UNCONFIRMED,
    "U0EXPIRED": State.EXPIRED,
    "U0LEFT": State.LEFT,
    "U0DOUBTED": State.REFUSED,
    "U0ANN": State.ANNOUNCED,
    "U0FORGOTTEN": State.ANNOUNCED,
}
# Sentences stored in the rows.
REASONS: Final = {
    "U0REFUSEDUNTOLD": "needs the ability external-api:write",
    "U0EXPIREDUNTOLD": "Weav takes no requests at the moment",
    "U0UNCONFIRMEDUNTOLD": "The connection to Weav broke before its answer was complete",
}
CREATED_CUSTOMERS: Final = {
    "received@example.org",
    "notasked@example.org",
    "queued@example.org",
}


async def fates(world: Restored, authors: dict[str, Fate]) -> dict[str, Fate]:
    found = {}
    for author in authors:
        entry = await world.latest(author)
        assert entry.told, author
        subject = entry.subject
        sent = [r for r in world.weav.creations if r.json.get("subject") == subject]
        found[author] = Fate(
            subject,
            entry.state,
            len(sent),
            len(world.conversations(subject)),
            len(world.cards(subject)),
            entry.recovered,
        )
    return found


def has_the_form_back(world: Restored, author: str, subject: str) -> bool:
    """The filled form, in the open modal or behind a button."""
    view = world.slack.top_view(author)
    if view is not None and view.callback_id == ids.MODAL:
        return bool(view.values[ids.SUBJECT][ids.SUBJECT]["value"] == subject)
    return any(ids.REOPEN in blocks and subject in blocks for blocks in direct(world, author))


def has_the_choices(world: Restored, author: str) -> bool:
    view = world.slack.top_view(author)
    shown = [str(view.blocks)] if view is not None else []
    return any(ids.CREATE_AGAIN in blocks for blocks in [*shown, *direct(world, author)])


def direct(world: Restored, author: str) -> list[str]:
    """The blocks of each direct message."""
    slack_channel_id = world.slack.direct_messages(author).id
    return [str(message.blocks) for message in world.slack.from_bot(slack_channel_id)]


def knows(world: Restored, author: str, fate: Fate) -> bool:
    match fate.state:
        case State.REFUSED | State.EXPIRED:
            return has_the_form_back(world, author, fate.subject)
        case State.UNCONFIRMED:
            return has_the_choices(world, author)
        case _:
            return bool(fate.cards) or fate.subject in world.seen_by(author).splitlines()


async def test_every_row_ends_and_its_author_is_told(left_behind: Restored) -> None:
    async with left_behind.bot():
        await left_behind.nothing_due()

    expected = SENT | IN_TIME
    assert await fates(left_behind, expected) == expected
    for author, fate in expected.items():
        assert knows(left_behind, author, fate), author
    for author, reason in REASONS.items():
        assert reason in left_behind.seen_by(author)


async def test_new_customers_are_created_once(left_behind: Restored) -> None:
    before = len(left_behind.weav.store.customers)
    async with left_behind.bot():
        await left_behind.nothing_due()

    asked = [r.json["email"] for r in left_behind.weav.requests if r.path == "/v1/customers"]
    assert sorted(asked) == sorted(CREATED_CUSTOMERS)
    assert len(left_behind.weav.store.customers) == before + len(CREATED_CUSTOMERS)
    [conversation] = left_behind.conversations("Customer created")
    assert left_behind.weav.store.customers[conversation["customer_id"]]["email"] == (
        "created@example.org"
    )


async def test_authors_who_were_told_are_told_nothing_more(left_behind: Restored) -> None:
    seen = {author: left_behind.seen_by(author) for author in AT_REST}
    cards = [message.ts for message in left_behind.slack.from_bot("C0PARTNERS")]
    async with left_behind.bot():
        await left_behind.nothing_due()

    assert {author: (await left_behind.latest(author)).state for author in AT_REST} == AT_REST
    assert {author: left_behind.seen_by(author) for author in AT_REST} == seen
    assert [message.ts for message in left_behind.slack.from_bot("C0PARTNERS")] == cards
    assert not left_behind.conversations("Refused and told")


async def test_a_day_later_nothing_more_is_sent(
    tmp_path: Path, postgres: Callable[[], str] | None
) -> None:
    async with restored(tmp_path, postgres, away=86_400) as world:
        async with world.bot():
            await world.nothing_due()

        expected = SENT | TOO_LATE
        assert await fates(world, expected) == expected
        for author in TOO_LATE:
            assert knows(world, author, TOO_LATE[author]), author
        assert [r for r in world.weav.requests if r.method == "POST"] == []


async def test_two_bots_of_this_version_share_the_rows(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue("postgres_url")
    async with restored(tmp_path, lambda: url) as world:
        async with world.bot(), world.bot():
            await world.nothing_due()

        expected = SENT | IN_TIME
        assert await fates(world, expected) == expected


async def test_cached_names_and_defaults_are_still_known(in_a_file: Restored) -> None:
    async with in_a_file.bot() as endpoint:
        ann = in_a_file.person("U0ANN", endpoint)
        await ann.command("", "C0GENERAL")
        view = await in_a_file.slack.until(lambda slack: slack.top_view("U0ANN"))

        offered = await ann.suggest(ids.CUSTOMER_ID, "brul")
        assert [option["text"]["text"] for option in offered.options] == [
            "Zoë Brûlé · zoe@example.com"
        ]
        assert selected_value(view, ids.PRIORITY) == "high"
        assert selected_value(view, ids.ASSIGNEE_ID) == ANN_IN_WEAV
        # The name appears once Slack has said that she may see it.
        await in_a_file.slack.until(lambda _: assignee_shown(ann.view) == "ann")


def assignee_shown(view: SlackView) -> str:
    option = view.values[ids.ASSIGNEE_ID][ids.ASSIGNEE_ID]["selected_option"]
    return str(option["text"]["text"])


def test_the_data_has_every_state_of_0_1_0() -> None:
    with closing(sqlite3.connect(f"file:{DATA}/ledger.sqlite3?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT DISTINCT state FROM submissions").fetchall()
    assert {state for (state,) in rows} == {
        *("received", "sending", "opened", "announced", "refused"),
        *("queued", "unconfirmed", "expired", "left"),
    }
