"""The real bot as processes that can be killed, and the load balancer in front of them."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp

from bot.logs import configure
from bot.sandbox.slack import DISPATCH_FAILED, Delivery, HttpEndpoint, Reply
from bot.server import run, runner
from tests.harness import SECRET, settings_of
from tests.process import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from bot.app import Pace

STARTS_WITHIN: Final = 20.0
DIES_WITHIN: Final = 10.0

# Imported once, then forked: importing everything again takes a process 2 s of CPU.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["__main__", __name__])


@dataclass(frozen=True, slots=True)
class Order:
    variables: dict[str, str]
    log: Path
    pace: Pace
    prepare: Callable[[], None]


def live(order: Order) -> None:
    """Run the bot as `weav-slack run` does, until somebody or a prepared kill ends it."""
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(log, standard)
    configure("INFO", "json")
    order.prepare()
    with runner() as loop:
        loop.run(run(settings_of(order.variables), order.pace))


def prepare_nothing() -> None:
    """The default: prepare nothing."""


class Replica:
    def __init__(self, variables: dict[str, str], log: Path, pace: Pace) -> None:
        self.port = free_port()
        self._variables = variables | {"PORT": str(self.port)}
        self._log = log
        self._pace = pace
        self._process: ForkServerProcess | None = None
        self.endpoint = HttpEndpoint(f"http://127.0.0.1:{self.port}/slack/events", SECRET)
        self.up = False

    async def start(self, prepare: Callable[[], None] = prepare_nothing) -> None:
        """Return when the bot accepts connections, shortly before it answers them.

        `prepare` runs in the new process before the bot does.
        """
        order = Order(self._variables, self._log, self._pace, prepare)
        process = _PROCESSES.Process(target=live, args=(order,))
        process.start()
        self._process = process
        async with asyncio.timeout(STARTS_WITHIN):
            while not await _takes_connections(self.port):
                if process.exitcode is not None:
                    raise RuntimeError(f"The bot ended: {self._log.read_text()[-2000:]}")
                await asyncio.sleep(0.01)
        self.up = True

    async def healthy(self) -> None:
        """Return when the bot answers or is dead: a row that it takes over may kill it."""
        try:
            async with (
                asyncio.timeout(STARTS_WITHIN),
                aiohttp.ClientSession() as client,
                client.get(f"http://127.0.0.1:{self.port}/healthz") as answer,
            ):
                assert answer.ok
        except aiohttp.ClientConnectionError:
            await self.dead()

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """-9 if it was killed, None while it runs."""
        return self._process.exitcode if self._process else None

    def kill(self) -> None:
        self.up = False
        if self._process is not None:
            self._process.kill()

    async def terminated(self) -> tuple[float, int]:
        """Send SIGTERM; return the seconds until it exited, and its exit code.

        The balancer sends nothing more; the bot answers what is already on its way.
        """
        self.up = False
        assert self._process is not None
        began = time.monotonic()
        self._process.terminate()
        await self.dead(within=30)
        return time.monotonic() - began, self._process.exitcode or 0

    async def dead(self, within: float = DIES_WITHIN) -> None:
        """Wait until the process has ended; raise TimeoutError if it lives on."""
        assert self._process is not None
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            async with asyncio.timeout(within):
                await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self.up = False
        self._process.join()

    async def close(self) -> None:
        self.kill()
        await self.dead()
        await self.endpoint.aclose()


class Balancer:
    """An Endpoint: each request goes to the next replica that is up, and is never sent twice."""

    def __init__(self, replicas: list[Replica]) -> None:
        self._replicas = replicas
        self._turn = 0

    async def deliver(self, delivery: Delivery) -> Reply:
        up = [replica for replica in self._replicas if replica.up]
        if not up:
            return Reply(0, b"", 0, DISPATCH_FAILED)
        self._turn += 1
        return await up[self._turn % len(up)].endpoint.deliver(delivery)


async def _takes_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
