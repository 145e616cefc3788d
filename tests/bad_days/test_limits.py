"""Answers of Slack's are read up to 1 MiB, whatever comes and however it is packed."""

import asyncio
import gzip
import tracemalloc

import aiohttp
import pytest

from bot.slack.client import ANSWER_LIMIT, slack_session
from tests.bad_days.replies import http, says
from tests.bad_days.weather import pours
from tests.weav.raw_server import Reply, raw_server

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


async def read_from(reply: Reply) -> bytes:
    async with (
        raw_server(reply) as server,
        slack_session() as session,
        session.post(server.url) as answer,
    ):
        return await answer.read()


async def test_an_endless_answer_is_given_up_for_its_size_and_not_its_time() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(aiohttp.ClientPayloadError):
            await read_from(pours(HEAD, b" " * 65536))


async def test_an_answer_of_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert len(await read_from(says(http(200, b" " * ANSWER_LIMIT)))) == ANSWER_LIMIT
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_from(says(http(200, b" " * (ANSWER_LIMIT + 1))))


async def test_a_gzip_bomb_never_inflates() -> None:
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
