import asyncio
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from bot.sandbox.serving import serve


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def endless(_: Request) -> StreamingResponse:
    async def stream() -> AsyncIterator[str]:
        yield "data: first\n\n"
        await asyncio.Event().wait()

    return StreamingResponse(stream(), media_type="text/event-stream")


def app() -> Starlette:
    return Starlette(routes=[Route("/", hello), Route("/endless", endless)])


async def test_an_app_is_served_on_a_free_port_of_loopback() -> None:
    async with serve(app()) as url, aiohttp.ClientSession() as session:
        answer = await (await session.get(url)).text()

    assert url.startswith("http://127.0.0.1:")
    assert answer == "hello"


async def test_a_port_in_use_raises_at_once() -> None:
    async with serve(app()) as url:
        with pytest.raises(OSError, match="in use"):
            await serve(app(), int(url.rpartition(":")[2])).__aenter__()


async def test_an_open_event_stream_does_not_delay_the_shutdown() -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(2), serve(app()) as url:
        response = await session.get(f"{url}/endless")
        assert await response.content.readline() == b"data: first\n"
    response.close()


async def test_the_signals_of_the_program_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serve(app()):
        during = signal.getsignal(signal.SIGTERM)

    assert during is before


async def test_kept_connections_answer_without_the_delay_of_nagle() -> None:
    async with serve(app()) as url, aiohttp.ClientSession() as session:
        loop = asyncio.get_running_loop()
        started = loop.time()
        for _ in range(20):
            await (await session.get(url)).text()

    # 20 delayed ACKs would take 0.8 s.
    assert loop.time() - started < 0.4
