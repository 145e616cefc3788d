"""The bot reads at most 1 MiB of an answer of Slack's, after decompression, too."""

import asyncio
import gzip
import tracemalloc

import aiohttp
import pytest

from bot.slack.client import ANSWER_LIMIT, slack_session
from tests.bad_days.faulty_proxy import pours
from tests.bad_days.replies import http, says
from tests.weav.raw_server import Reply, raw_server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


async def read_from(reply: Reply) -> bytes:
    async with (
        raw_server(reply) as server,
        slack_session() as session,
        session.post(server.url) as answer,
    ):
        return await answer.read()


async def test_an_endless_answer_ends_at_the_size_limit_before_the_timeout() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(aiohttp.ClientPayloadError):
            await read_from(pours(HEAD, b" " * 65536))


async def test_an_answer_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert len(await read_from(says(http(200, b" " * ANSWER_LIMIT)))) == ANSWER_LIMIT
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_from(says(http(200, b" " * (ANSWER_LIMIT + 1))))


async def test_a_gzip_bomb_is_not_inflated() -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    tracemalloc.start()
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_from(says(http(200, bomb, "content-encoding: gzip")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    redirect = says(http(status, b"", "location: /elsewhere"))
    async with raw_server(redirect) as server, slack_session() as session:
        with pytest.raises(aiohttp.ClientResponseError):
            await session.post(server.url)
        assert len(server.requests) == 1
