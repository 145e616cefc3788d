"""Slow clients are disconnected and do not delay others."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.shorter_waits import set_slow_client_timeouts
from tests.strangers.served import EVENTS, Address, Line, post, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HEALTHY = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
LONG_ANSWER = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Address]:
    """The bot with all of its 10 s timeouts shortened."""
    set_slow_client_timeouts(monkeypatch, 0.3)
    async with served(tmp_path) as address:
        yield address


async def drip(line: Line, part: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        while not line.writer.is_closing():
            line.writer.write(part)
            await line.writer.drain()
            await asyncio.sleep(0.05)


DRIPS = {
    "nothing at all": (b"", b""),
    "line ends": (b"", b"\r\n"),
    "a method": (b"", b"G"),
    "a path": (b"GET /", b"x"),
    "headers": (b"POST /slack/events HTTP/1.1\r\nhost: x\r\n", b"x: y\r\n"),
    "a header": (b"POST /slack/events HTTP/1.1\r\nhost: ", b"x"),
    "a body": (b"POST /slack/events HTTP/1.1\r\ncontent-length: 9999\r\n\r\n", b"x"),
    "chunks": (
        b"POST /slack/events HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n",
    ),
    "a body where none is read": (b"GET /healthz HTTP/1.1\r\ncontent-length: 9999\r\n\r\n", b"x"),
    "a body to nowhere": (b"POST /x HTTP/1.1\r\ncontent-length: 9999\r\n\r\n", b"x"),
    "a second request": (HEALTHY + b"GET ", b"/"),
    "a body that was announced": (
        b"POST /slack/events HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n",
        b"",
    ),
}


@pytest.mark.parametrize("name", DRIPS)
async def test_a_client_that_sends_too_slowly_is_disconnected(
    impatient: Address, name: str
) -> None:
    beginning, part = DRIPS[name]
    line = await impatient.call(beginning)
    dripping = asyncio.create_task(drip(line, part))

    assert await line.closed(within=3)

    dripping.cancel()
    assert await (await impatient.call(HEALTHY)).status() == 200


async def test_a_client_that_reads_no_answers_is_disconnected(impatient: Address) -> None:
    line = await impatient.call(buffer=4096)
    line.writer.transport.pause_reading()  # type: ignore[attr-defined] # of a ReadTransport

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(_ask_for_ever(line), 10)


async def _ask_for_ever(line: Line) -> None:
    while True:
        line.writer.write(HEALTHY * 20)
        await line.writer.drain()
        await asyncio.sleep(0.01)


async def _drip_for_ever(line: Line) -> None:
    while True:
        line.writer.write(b"x")
        await line.writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("answers", [2, 4, 6])
async def test_a_client_that_does_not_read_the_last_answers_is_disconnected(
    impatient: Address, answers: int
) -> None:
    line = await impatient.call(buffer=4096)
    line.writer.transport.pause_reading()  # type: ignore[attr-defined] # of a ReadTransport
    for _ in range(answers):
        line.writer.write(LONG_ANSWER)
        await asyncio.sleep(0.05)
    line.writer.write(b"\x00 \r\n\r\n")  # answered with 400, then disconnected

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(_drip_for_ever(line), 5)


async def test_a_client_that_sends_more_than_is_answered_is_disconnected(tmp_path: Path) -> None:
    async with served(tmp_path) as address:
        line = await address.call(HEALTHY * 10_000)

        assert await line.closed()
        assert await (await address.call(HEALTHY)).status() == 200


async def test_an_endless_request_head_is_not_buffered(tmp_path: Path) -> None:
    async with served(tmp_path) as address:
        line = await address.call(b"GET / HTTP/1.1\r\nx: " + b"x" * (64 * 1024 + 1))

        assert await line.closed()


async def test_bytes_after_an_answer_are_not_buffered(tmp_path: Path) -> None:
    async with served(tmp_path) as address:
        head = f"POST {EVENTS}/x HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n".encode()
        line = await address.call(head)
        assert await line.status() == 404

        line.writer.write(b"x" * (1 << 20))

        assert await line.closed()


async def test_a_connection_is_kept_alive_between_requests(impatient: Address) -> None:
    line = await impatient.call(HEALTHY)
    assert await line.status() == 200

    assert not await line.closed(within=0.6)


async def test_pipelined_requests_are_all_answered(tmp_path: Path) -> None:
    async with served(tmp_path) as address:
        bad, good = post(b"payload={", signed=False), post(b"ssl_check=1&token=x")
        line = await address.call((bad + good + HEALTHY) * 10)

        assert [await line.status() for _ in range(30)] == [401, 200, 200] * 10


async def test_many_idle_connections_do_not_keep_others_out(impatient: Address) -> None:
    idle = [await impatient.call() for _ in range(300)]

    assert await (await impatient.call(HEALTHY)).status() == 200
    assert all(await asyncio.gather(*(line.closed() for line in idle)))


@pytest.mark.long
@pytest.mark.parametrize("name", ["nothing at all", "headers", "a body"])
async def test_the_timeouts_are_ten_seconds(tmp_path: Path, name: str) -> None:
    beginning, part = DRIPS[name]
    async with served(tmp_path) as address:
        began = asyncio.get_running_loop().time()
        line = await address.call(beginning)
        dripping = asyncio.create_task(drip(line, part))

        assert await line.closed(within=15)

        dripping.cancel()
        assert 9 < asyncio.get_running_loop().time() - began < 12
