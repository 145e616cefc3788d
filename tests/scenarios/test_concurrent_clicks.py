"""Two people click on one card at the same time: both changes stand, or the second one is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.sandbox.slack import Person, SlackMessage
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import Harness, open_harness, text_on
from tests.scenarios.cards import (
    ANN_IN_WEAV,
    BEN_IN_WEAV,
    READ,
    WRITE,
    another_bot,
    execute,
    only_conversation,
    post_card,
    private_notes,
    private_text,
    put_requests,
    tell_weav_id,
    until_card_says,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Two people who see the same card; their clicks may go to different replicas."""

    harness: Harness
    ann: Person
    ben: Person
    card: SlackMessage

    async def first(self) -> str:
        """Wait until one of them gets a private message, and return that person."""
        message = await self.harness.slack.until(
            lambda _: next(iter(private_notes(self.harness)), None)
        )
        return message.only_for


@asynccontextmanager
async def clicking_scene(
    tmp_path: Path, database: str = "", *, replicas: int = 1
) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        # No user look-ups: the second replica would have to ask Slack first.
        home = await stack.enter_async_context(
            open_harness(tmp_path, database=database, slack_allow_guests="true")
        )
        await tell_weav_id(home.ann, ANN_IN_WEAV)
        await tell_weav_id(home.ben, BEN_IN_WEAV)
        ben = await stack.enter_async_context(another_bot(home)) if replicas > 1 else home.ben
        card = await post_card(home)
        # Slow enough that without the lock both clicks would read before either has written.
        home.weav.fail(WeavFault(hold=0.2, **READ))
        home.weav.fail(WeavFault(delay=0.2, **WRITE))
        yield Scene(home, home.ann, ben, card)


@pytest.fixture(params=["one bot", "two replicas"])
async def two_people(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """One bot with SQLite, and two replicas with PostgreSQL."""
    if request.param == "one bot":
        async with clicking_scene(tmp_path) as opened:
            yield opened
    else:
        url = request.getfixturevalue("postgres_url")
        async with clicking_scene(tmp_path, url, replicas=2) as opened:
            yield opened


async def test_changes_of_different_fields_both_stand(two_people: Scene) -> None:
    card = two_people.card

    await asyncio.gather(
        two_people.ann.click(ids.CLOSE, card.ts),
        two_people.ben.click(ids.SET_PRIORITY, card.ts, "urgent"),
        two_people.ben.click(ids.ASSIGN_TO_ME, card.ts),
    )

    await until_card_says(
        two_people.harness,
        card,
        "<@U0ANN> closed it",
        "<@U0BEN> set the priority to Urgent",
        "<@U0BEN> took it",
        "*Status*\n:white_check_mark: Closed",
        "*Priority*\n:red_circle: Urgent",
        BEN_IN_WEAV,
    )
    conversation = only_conversation(two_people.harness)
    assert conversation["status"] == "closed"
    assert conversation["priority"] == "urgent"
    assert conversation["assignee_id"] == BEN_IN_WEAV
    assert conversation["subject"] == "Export hangs"


async def test_of_two_values_for_one_field_the_first_stands_and_the_second_is_reported(
    two_people: Scene,
) -> None:
    card = two_people.card

    await asyncio.gather(
        two_people.ann.click(ids.SET_PRIORITY, card.ts, "urgent"),
        two_people.ben.click(ids.SET_PRIORITY, card.ts, "low"),
    )

    second = await two_people.first()
    first, word = ("U0ANN", "Urgent") if second == "U0BEN" else ("U0BEN", "Low")
    said = await private_text(two_people.harness, second)
    assert f"|Export hangs>: <@{first}> set the priority to {word} · <!date^" in said
    assert "your click changed nothing" in said
    await until_card_says(two_people.harness, card, f"<@{first}> set the priority to {word}")
    assert only_conversation(two_people.harness)["priority"] == word.lower()
    assert len(put_requests(two_people.harness)) == 1


async def test_of_two_who_assign_themselves_one_succeeds_and_the_other_is_told(
    two_people: Scene,
) -> None:
    await asyncio.gather(
        two_people.ann.click(ids.ASSIGN_TO_ME, two_people.card.ts),
        two_people.ben.click(ids.ASSIGN_TO_ME, two_people.card.ts),
    )

    second = await two_people.first()
    first, in_weav = ("U0ANN", ANN_IN_WEAV) if second == "U0BEN" else ("U0BEN", BEN_IN_WEAV)
    assert f"<@{first}> took it" in await private_text(two_people.harness, second)
    assert only_conversation(two_people.harness)["assignee_id"] == in_weav
    assert len(put_requests(two_people.harness)) == 1


async def test_of_two_who_close_it_one_succeeds_and_the_other_is_told(two_people: Scene) -> None:
    await asyncio.gather(
        two_people.ann.click(ids.CLOSE, two_people.card.ts),
        two_people.ben.click(ids.CLOSE, two_people.card.ts),
    )

    second = await two_people.first()
    first = "U0ANN" if second == "U0BEN" else "U0BEN"
    said = await private_text(two_people.harness, second)
    assert f"<@{first}> closed it" in said
    assert "nothing was left to do" in said
    assert len(put_requests(two_people.harness)) == 1


async def test_a_double_click_is_one_change_without_a_message(two_people: Scene) -> None:
    await asyncio.gather(*(two_people.ben.click(ids.CLOSE, two_people.card.ts) for _ in range(3)))

    await two_people.harness.slack.until(lambda slack: len(slack.calls_of("chat.update")) == 3)
    assert len(put_requests(two_people.harness)) == 1
    assert text_on(two_people.card).count("closed it") == 1
    assert private_notes(two_people.harness) == []


async def test_a_click_on_a_field_that_changed_in_weav_is_reported(two_people: Scene) -> None:
    only_conversation(two_people.harness)["priority"] = "low"

    await two_people.ben.click(ids.SET_PRIORITY, two_people.card.ts, "urgent")

    said = await private_text(two_people.harness)
    assert "Somebody changed this conversation meanwhile. Its priority is Low now." in said
    await until_card_says(two_people.harness, two_people.card, "*Priority*\n:white_circle: Low")
    assert put_requests(two_people.harness) == []
    await two_people.ben.click(ids.SET_PRIORITY, two_people.card.ts, "urgent")
    await until_card_says(two_people.harness, two_people.card, "set the priority to Urgent")


async def test_a_change_of_another_field_in_weav_stands(two_people: Scene) -> None:
    only_conversation(two_people.harness)["subject"] = "Export hangs since Monday"
    only_conversation(two_people.harness)["priority"] = "low"

    await two_people.ben.click(ids.CLOSE, two_people.card.ts)

    await until_card_says(
        two_people.harness, two_people.card, "closed it", "Export hangs since Monday", "Low"
    )
    assert only_conversation(two_people.harness)["priority"] == "low"


@pytest.mark.long
async def test_a_lock_lasts_as_long_as_weav_needs(tmp_path: Path, postgres_url: str) -> None:
    async with clicking_scene(tmp_path, postgres_url, replicas=2) as slow:
        slow.harness.weav.faults.clear()
        # Longer than the lease of a lock, which is 3 s in the tests.
        slow.harness.weav.fail(WeavFault(delay=4, times=1, **WRITE))

        await slow.ann.click(ids.CLOSE, slow.card.ts)
        await slow.harness.weav.until(lambda: bool(put_requests(slow.harness)))
        await slow.ben.click(ids.SET_PRIORITY, slow.card.ts, "urgent")

        await until_card_says(slow.harness, slow.card, "closed it", "set the priority", within=10)
        assert only_conversation(slow.harness)["status"] == "closed"
        assert only_conversation(slow.harness)["priority"] == "urgent"


async def test_the_lock_of_a_dead_replica_expires(tmp_path: Path, postgres_url: str) -> None:
    async with clicking_scene(tmp_path, postgres_url) as left:
        conversation_id = only_conversation(left.harness)["id"]
        async with Ledger.open(left.harness.database, lease=1) as dead:
            assert await dead.cards.acquire(conversation_id)

        await left.ben.click(ids.CLOSE, left.card.ts)

        await until_card_says(left.harness, left.card, "closed it")


async def test_a_click_whose_process_stalled_until_its_lock_was_lost_changes_nothing(
    two_people: Scene,
) -> None:
    # Between the read and the write of a click, as far as the ledger can tell.
    two_people.harness.weav.faults.clear()
    two_people.harness.weav.fail(WeavFault(hold=1, times=1, **READ))
    read = len(two_people.harness.weav.requests)
    await two_people.ben.click(ids.CLOSE, two_people.card.ts)
    await two_people.harness.weav.until(lambda: len(two_people.harness.weav.requests) > read)

    await execute(two_people.harness, "UPDATE cards SET owner = 'another'")

    assert "Somebody else's click on this card" in await private_text(two_people.harness)
    assert put_requests(two_people.harness) == []
    assert only_conversation(two_people.harness)["status"] == "open"
    assert not two_people.card.edited
