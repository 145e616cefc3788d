"""Submits forms to several bots in turns, and measures them side by side."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import psutil

from bot.app import Pace
from bot.sandbox.serving import serve
from bot.sandbox.slack import SlackMessage, SlackSandbox, Workspace
from bot.sandbox.weav import WeavSandbox
from tests.harness import JANE, environment
from tests.killing.replicas import Replica

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from bot.sandbox.slack.wire import Json

AT_ONCE: Final = 32
BLOCK: Final = 160
ALONE: Final = 30
# Seconds; on a busy machine, the figures are worse, but the test should not fail for that alone.
PATIENCE: Final = 60.0


@dataclass(slots=True)
class Figures:
    """Per block: submissions/s and CPU seconds per submission; per card: seconds."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def throughput_beside(self, other: Figures) -> float:
        """Compare block by block, since the machine's other load changes."""
        return median(own / their for own, their in zip(self.rates, other.rates, strict=True))

    def capacity_beside(self, other: Figures) -> float:
        """Compare what one CPU core can do, however long the bot waited for the other servers."""
        return median(their / own for own, their in zip(self.cpu, other.cpu, strict=True))

    def __str__(self) -> str:
        return (
            f"{median(self.rates):.0f} submissions/s, {1e3 * median(self.cpu):.2f} ms CPU each,"
            f" {1e3 * median(self.seconds):.2f} ms to the card"
        )


class MeasuredBot:
    """One bot; all bots share the sandboxes and the machine."""

    def __init__(self, slack: Workspace, weav: WeavSandbox, replica: Replica, form: Json) -> None:
        self._slack = slack
        self._weav = weav
        self.replica = replica
        self._form = form
        self.metrics = Figures()

    async def run_block(self) -> None:
        """`AT_ONCE` submissions run at any time."""
        bodies = [self._body() for _ in range(BLOCK)]
        waiting = iter(bodies)
        process = psutil.Process(self.replica.pid)
        spent, began = _cpu(process), time.perf_counter()
        await asyncio.gather(*(self._keep_submitting(waiting) for _ in range(AT_ONCE)))
        await self._cards(BLOCK)
        self.metrics.rates.append(BLOCK / (time.perf_counter() - began))
        self.metrics.cpu.append((_cpu(process) - spent) / BLOCK)
        self._clear()

    async def run_alone(self) -> None:
        """One at a time: the seconds from sending a submission to the card's arrival in Slack."""
        for number in range(ALONE):
            body = self._body()
            sent = time.time()
            answer = await self.replica.endpoint.post(body)
            [*_, card] = await self._cards(number + 1)
            assert answer.status == 200
            self.metrics.seconds.append(float(card.ts) - sent)
        self._clear()

    async def _cards(self, count: int) -> list[SlackMessage]:
        def all_there(slack: Workspace) -> list[SlackMessage] | None:
            cards = slack.messages_in("C0SUPPORT")
            return cards if len(cards) == count else None

        return await self._slack.until(all_there, PATIENCE)

    async def _keep_submitting(self, bodies: Iterator[bytes]) -> None:
        for body in bodies:
            answer = await self.replica.endpoint.post(body)
            assert answer.status == 200

    def _body(self) -> bytes:
        """Return a submission with a new view and subject."""
        number = next(_NUMBERS)
        self._form["view"]["id"] = f"V{number:010}"
        self._form["view"]["state"]["values"]["subject"]["subject"]["value"] = f"Case {number}"
        return urlencode({"payload": json.dumps(self._form)}).encode()

    def _clear(self) -> None:
        """Keep Slack and Weav as fast for the next block as for this one."""
        self._slack.messages.clear()
        self._slack.calls.clear()
        self._weav.store.conversations.clear()


_NUMBERS: Final = count(1)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def start_bots(
    folder: Path, *bots: tuple[str, Callable[[], None]]
) -> AsyncIterator[tuple[MeasuredBot, ...]]:
    """Start a bot for each pair of database and preparation."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox().serving())
        weav = WeavSandbox()
        url = await stack.enter_async_context(serve(weav))
        opened = []
        for number, (database, prepare) in enumerate(bots):
            variables = environment(slack, url, database, "http")
            bot = Replica(variables, folder / f"bot-{number}.log", Pace())
            bot.endpoint.timeout = PATIENCE
            await bot.start(prepare)
            stack.push_async_callback(bot.close)
            await bot.healthy()
            ann = slack.person("U0ANN", bot.endpoint)
            await ann.command(f"email {JANE} Case 0")
            await slack.workspace.until(lambda workspace: workspace.open_views("U0ANN"))
            form = ann.submission_delivery().payload
            # Each form has its own response_url, which the card does not need.
            opened.append(MeasuredBot(slack.workspace, weav, bot, deepcopy(form)))
            await ann.close()
        slack.workspace.messages.clear()
        yield tuple(opened)


async def side_by_side(rounds: int, *compared: MeasuredBot) -> None:
    """Measure the bots in turns, so that the machine's other load affects all of them.

    An additional first round warms up.
    """
    for number in range(rounds + 1):
        order = compared if number % 2 else compared[::-1]
        for bot in order:
            await bot.run_block()
        for bot in order:
            await bot.run_alone()
        if number == 0:
            for bot in compared:
                bot.metrics = Figures()
