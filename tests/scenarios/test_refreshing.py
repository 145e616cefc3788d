"""Without webhooks: the bot refreshes cards of open conversations in rounds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from tests import shorter_waits
from tests.harness import QUICK, QUICK_FOLLOW, Harness, Mode, open_harness, text_on
from tests.metrics import scrape, value
from tests.scenarios.cards import READ, another_bot, execute, post_card, until_card_says
from tests.scenarios.following import SECRET, change_in_weav, reads, redraws, select

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sandbox.weav import Exchange

# Minutes; this is one second.
EVERY = str(1 / 60)
DAY = 86400


async def open_several(harness: Harness, number: int) -> None:
    for each in range(number):
        await harness.fill_in(subject=f"Case {each}")
        await harness.ann.submit()
        await harness.slack.until(lambda slack, n=each: len(slack.from_bot("C0SUPPORT")) > n)  # type: ignore[misc]
    async with asyncio.timeout(5):
        while len(await select(harness, "SELECT id FROM submissions WHERE state = 'announced'")) < (  # noqa: ASYNC110 - the bot's doing
            number
        ):
            await asyncio.sleep(0.02)


def looks(harness: Harness) -> list[Exchange]:
    """GET requests for single conversations."""
    return [
        request
        for request in harness.weav.requests
        if request.method == "GET" and request.path.startswith("/v1/conversations/")
    ]


async def test_without_webhooks_the_card_follows_a_little_later(tmp_path: Path) -> None:
    modes: list[Mode] = ["http", "socket"]
    for mode in modes:
        (tmp_path / mode).mkdir()
        async with open_harness(tmp_path / mode, mode=mode, weav_refresh_every=EVERY) as harness:
            card = await post_card(harness)

            change_in_weav(harness, status="closed")

            await until_card_says(harness, card, "Closed in Weav", ":white_check_mark: Closed")


async def test_without_webhooks_the_thread_is_told_of_a_reply(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_refresh_every=EVERY) as harness:
        card = await post_card(harness)
        await harness.weav.until(lambda: bool(reads(harness)))

        harness.weav.store.write(harness.weav.conversations[0]["id"], "It still hangs.")

        notice = await harness.slack.until(
            lambda slack: next((m for m in slack.from_bot() if " replied" in m.text), None), 10
        )
        assert notice.thread_ts == card.ts


async def test_by_default_nothing_is_refreshed(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        await post_card(harness)
        await harness.entry_in(State.ANNOUNCED)

        assert harness.bot.services.follower.rounds() == []
        assert looks(harness) == []
        assert await select(harness, "SELECT * FROM due") == []


@pytest.mark.long
async def test_open_conversations_are_refreshed_again_and_again_and_closed_ones_are_not(
    tmp_path: Path,
) -> None:
    async with open_harness(tmp_path, weav_refresh_every=EVERY) as harness:
        card = await post_card(harness)
        await harness.weav.until(lambda: len(reads(harness)) == 3, 10)
        change_in_weav(harness, status="closed")
        await until_card_says(harness, card, "Closed in Weav")
        read = len(reads(harness))

        await open_several(harness, 1)
        await harness.weav.until(lambda: len(looks(harness)) >= read + 3, 10)

        assert len(reads_of_closed(harness)) == read
        assert len(redraws(harness)) == 1


def reads_of_closed(harness: Harness) -> list[Exchange]:
    [closed] = [each["id"] for each in harness.weav.conversations if each["status"] == "closed"]
    return [request for request in looks(harness) if request.path.endswith(closed)]


@pytest.mark.long
async def test_conversations_are_no_longer_refreshed_after_two_weeks(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_refresh_every=EVERY) as harness:
        await open_several(harness, 2)
        old = harness.weav.conversations[0]["id"]
        await execute(
            harness,
            f"UPDATE submissions SET created_at = created_at - {15 * DAY}"  # noqa: S608 - ours
            f" WHERE conversation_id = '{old}'",
        )
        await execute(harness, "DELETE FROM due")
        looked = len(looks(harness))

        await harness.weav.until(lambda: len(looks(harness)) >= looked + 3, 10)

        assert [each for each in looks(harness)[looked:] if each.path.endswith(old)] == []


@pytest.mark.long
async def test_refreshes_run_one_at_a_time_also_across_replicas(
    tmp_path: Path, postgres_url: str
) -> None:
    follow = replace(QUICK_FOLLOW, refresh_every=0.3)
    pace = replace(QUICK, follow=follow)
    async with (
        open_harness(
            tmp_path, pace=pace, database=postgres_url, weav_refresh_every=EVERY
        ) as harness,
        another_bot(harness, pace=pace),
    ):
        await open_several(harness, 6)
        looked = len(looks(harness))

        await harness.weav.until(lambda: len(looks(harness)) >= looked + 8, 20)

        times = sorted(each.at for each in looks(harness)[looked:])
        assert min((b - a).total_seconds() for a, b in pairwise(times)) > 0.2


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_refreshes_do_not_raise_the_limit_of_concurrent_looks(
    tmp_path: Path,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    shorter_waits.limit_concurrent_looks(monkeypatch, at_once=1)
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    async with open_harness(
        tmp_path, database=url, weav_refresh_every=EVERY, weav_webhook_secret=SECRET
    ) as harness:
        await open_several(harness, 6)
        held, looked = 0.4, len(looks(harness))
        harness.weav.fail(WeavFault(hold=held, times=None, **READ))

        for conversation in harness.weav.conversations:
            harness.weav.store.change(conversation["id"], status="closed")
        await harness.slack.until(lambda _: len(redraws(harness)) == 6, 20)

        times = [each.at.timestamp() for each in looks(harness)[looked:]]
        at_once = [sum(at <= other < at + held for other in times) for at in times]
        assert max(at_once) <= 2, at_once
        samples = await scrape(harness)
        assert value(samples, "weav_slack_failures_total", where="task") == 0


@pytest.mark.long
async def test_while_weav_refuses_refreshes_rest_longer_and_longer(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_refresh_every=EVERY) as harness:
        await open_several(harness, 3)
        await harness.weav.until(lambda: len(looks(harness)) >= 3)
        refusing = harness.weav.fail(WeavFault(status=429, **READ))
        looked = len(looks(harness))
        await harness.weav.until(lambda: len(looks(harness)) >= looked + 5, 20)
        harness.weav.faults.remove(refusing)
        times = [each.at for each in looks(harness)[looked : looked + 5]]
        pauses = [(b - a).total_seconds() for a, b in pairwise(times)]
        assert pauses[-1] > 2 * pauses[0]

        harness.weav.store.change(harness.weav.conversations[0]["id"], status="closed")
        [card] = [each for each in harness.slack.from_bot("C0SUPPORT") if "Case 0" in each.text]
        await until_card_says(harness, card, "Closed in Weav", within=20)


async def test_a_restart_continues_the_round(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with open_harness(tmp_path, weav_refresh_every="60") as harness:
        card = await post_card(harness)
        await harness.entry_in(State.ANNOUNCED)
        change_in_weav(harness, status="closed")

        async with another_bot(harness):
            await until_card_says(harness, card, "Closed in Weav")

        assert len(reads(harness)) == 1
        assert text_on(card).count("Closed in Weav") == 1
        assert "refreshing" in "".join(capfd.readouterr())


async def test_a_card_that_is_gone_from_slack_is_no_longer_refreshed(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_refresh_every=EVERY) as harness:
        card = await post_card(harness)
        harness.slack.remove_message(card)
        change_in_weav(harness, priority="low")
        async with asyncio.timeout(10):
            while not await select(harness, "SELECT * FROM due WHERE is_over = 1"):  # noqa: ASYNC110 - the bot's doing
                await asyncio.sleep(0.02)
        looked = len(looks(harness))

        await open_several(harness, 2)
        await harness.weav.until(lambda: len(looks(harness)) >= looked + 4, 10)

        gone = harness.weav.conversations[0]["id"]
        assert [each for each in looks(harness)[looked:] if each.path.endswith(gone)] == []
