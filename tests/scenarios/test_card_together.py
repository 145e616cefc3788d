"""Two people on one card at the same time: both changes stand, or the second one is told."""

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
from tests.house import House, house, text_on
from tests.scenarios.cards import (
    ANN_IN_WEAV,
    BEN_IN_WEAV,
    READ,
    WRITE,
    another_bot,
    conversation_in,
    drawn,
    execute,
    introduced,
    posted,
    private_notes,
    told,
    writes,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Two people who see the same card; each one's clicks may reach another replica."""

    house: House
    ann: Person
    ben: Person
    card: SlackMessage

    async def first(self) -> str:
        """Wait until somebody is told something, and return whom."""
        message = await self.house.slack.until(
            lambda _: next(iter(private_notes(self.house)), None)
        )
        return message.only_for


@asynccontextmanager
async def scene(tmp_path: Path, database: str = "", *, replicas: int = 1) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        # Nobody is looked up: the second replica would have to ask Slack first.
        home = await stack.enter_async_context(
            house(tmp_path, database=database, slack_allow_guests="true")
        )
        await introduced(home.ann, ANN_IN_WEAV)
        await introduced(home.ben, BEN_IN_WEAV)
        ben = await stack.enter_async_context(another_bot(home)) if replicas > 1 else home.ben
        card = await posted(home)
        # Long enough that without turns both would have read before one has written.
        home.weav.fail(WeavFault(hold=0.2, **READ))
        home.weav.fail(WeavFault(delay=0.2, **WRITE))
        yield Scene(home, home.ann, ben, card)


@pytest.fixture(params=["one bot", "two replicas"])
async def at_once(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """One bot on SQLite, and two replicas on PostgreSQL."""
    if request.param == "one bot":
        async with scene(tmp_path) as opened:
            yield opened
    else:
        url = request.getfixturevalue("postgres_url")
        async with scene(tmp_path, url, replicas=2) as opened:
            yield opened


async def test_different_fields_both_stand(at_once: Scene) -> None:
    card = at_once.card

    await asyncio.gather(
        at_once.ann.click(ids.CLOSE, card.ts),
        at_once.ben.click(ids.SET_PRIORITY, card.ts, "urgent"),
        at_once.ben.click(ids.ASSIGN_TO_ME, card.ts),
    )

    await drawn(
        at_once.house,
        card,
        "<@U0ANN> closed it",
        "<@U0BEN> set the priority to Urgent",
        "<@U0BEN> took it",
        "*Status*\n:white_check_mark: Closed",
        "*Priority*\n:red_circle: Urgent",
        BEN_IN_WEAV,
    )
    conversation = conversation_in(at_once.house)
    assert conversation["status"] == "closed"
    assert conversation["priority"] == "urgent"
    assert conversation["assignee_id"] == BEN_IN_WEAV
    assert conversation["subject"] == "Export hangs"


async def test_of_two_values_for_one_field_the_first_stands_and_the_second_is_told(
    at_once: Scene,
) -> None:
    card = at_once.card

    await asyncio.gather(
        at_once.ann.click(ids.SET_PRIORITY, card.ts, "urgent"),
        at_once.ben.click(ids.SET_PRIORITY, card.ts, "low"),
    )

    second = await at_once.first()
    first, word = ("U0ANN", "Urgent") if second == "U0BEN" else ("U0BEN", "Low")
    said = await told(at_once.house, second)
    assert f"|Export hangs>: <@{first}> set the priority to {word} · <!date^" in said
    assert "not carried out" in said
    await drawn(at_once.house, card, f"<@{first}> set the priority to {word}")
    assert conversation_in(at_once.house)["priority"] == word.lower()
    assert len(writes(at_once.house)) == 1


async def test_of_two_who_take_it_one_has_it_and_the_other_knows(at_once: Scene) -> None:
    await asyncio.gather(
        at_once.ann.click(ids.ASSIGN_TO_ME, at_once.card.ts),
        at_once.ben.click(ids.ASSIGN_TO_ME, at_once.card.ts),
    )

    second = await at_once.first()
    first, in_weav = ("U0ANN", ANN_IN_WEAV) if second == "U0BEN" else ("U0BEN", BEN_IN_WEAV)
    assert f"<@{first}> took it" in await told(at_once.house, second)
    assert conversation_in(at_once.house)["assignee_id"] == in_weav
    assert len(writes(at_once.house)) == 1


async def test_of_two_who_close_it_one_does_and_the_other_knows(at_once: Scene) -> None:
    await asyncio.gather(
        at_once.ann.click(ids.CLOSE, at_once.card.ts),
        at_once.ben.click(ids.CLOSE, at_once.card.ts),
    )

    second = await at_once.first()
    first = "U0ANN" if second == "U0BEN" else "U0BEN"
    said = await told(at_once.house, second)
    assert f"<@{first}> closed it" in said
    assert "nothing was left to do" in said
    assert len(writes(at_once.house)) == 1


async def test_a_double_click_is_one_change_and_says_nothing(at_once: Scene) -> None:
    await asyncio.gather(*(at_once.ben.click(ids.CLOSE, at_once.card.ts) for _ in range(3)))

    await at_once.house.slack.until(lambda slack: len(slack.calls_of("chat.update")) == 3)
    assert len(writes(at_once.house)) == 1
    assert text_on(at_once.card).count("closed it") == 1
    assert private_notes(at_once.house) == []


async def test_who_clicks_on_what_was_changed_in_weav_meanwhile_is_told(at_once: Scene) -> None:
    conversation_in(at_once.house)["priority"] = "low"

    await at_once.ben.click(ids.SET_PRIORITY, at_once.card.ts, "urgent")

    said = await told(at_once.house)
    assert "Somebody changed this conversation meanwhile. Its priority is Low now." in said
    await drawn(at_once.house, at_once.card, "*Priority*\n:white_circle: Low")
    assert writes(at_once.house) == []
    await at_once.ben.click(ids.SET_PRIORITY, at_once.card.ts, "urgent")
    await drawn(at_once.house, at_once.card, "set the priority to Urgent")


async def test_what_was_changed_in_weav_in_another_field_stands(at_once: Scene) -> None:
    conversation_in(at_once.house)["subject"] = "Export hangs since Monday"
    conversation_in(at_once.house)["priority"] = "low"

    await at_once.ben.click(ids.CLOSE, at_once.card.ts)

    await drawn(at_once.house, at_once.card, "closed it", "Export hangs since Monday", "Low")
    assert conversation_in(at_once.house)["priority"] == "low"


@pytest.mark.long
async def test_a_turn_lasts_as_long_as_weav_needs(tmp_path: Path, postgres_url: str) -> None:
    async with scene(tmp_path, postgres_url, replicas=2) as slow:
        slow.house.weav.faults.clear()
        # Longer than the lease of a turn, which the tests have at 3 s.
        slow.house.weav.fail(WeavFault(delay=4, times=1, **WRITE))

        await slow.ann.click(ids.CLOSE, slow.card.ts)
        await slow.house.weav.until(lambda: bool(writes(slow.house)))
        await slow.ben.click(ids.SET_PRIORITY, slow.card.ts, "urgent")

        await drawn(slow.house, slow.card, "closed it", "set the priority", within=10)
        assert conversation_in(slow.house)["status"] == "closed"
        assert conversation_in(slow.house)["priority"] == "urgent"


async def test_the_turn_of_a_replica_that_died_ends(tmp_path: Path, postgres_url: str) -> None:
    async with scene(tmp_path, postgres_url) as left:
        conversation_id = conversation_in(left.house)["id"]
        async with Ledger.open(left.house.database, lease=1) as dead:
            assert await dead.cards.acquire(conversation_id)

        await left.ben.click(ids.CLOSE, left.card.ts)

        await drawn(left.house, left.card, "closed it")


async def test_who_stood_still_until_it_was_anothers_turn_changes_nothing(
    at_once: Scene,
) -> None:
    # Between the reading and the writing of a click, as far as the ledger can tell.
    at_once.house.weav.faults.clear()
    at_once.house.weav.fail(WeavFault(hold=1, times=1, **READ))
    read = len(at_once.house.weav.requests)
    await at_once.ben.click(ids.CLOSE, at_once.card.ts)
    await at_once.house.weav.until(lambda: len(at_once.house.weav.requests) > read)

    await execute(at_once.house, "UPDATE cards SET owner = 'another'")

    assert "Somebody else's click on this card" in await told(at_once.house)
    assert writes(at_once.house) == []
    assert conversation_in(at_once.house)["status"] == "open"
    assert not at_once.card.edited
