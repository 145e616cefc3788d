"""Faults in the sandbox Weav, and its record of requests."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter
from urllib.parse import urlsplit

import httpx
import pytest

from bot.sandbox.weav import Event, WeavFault, Wire
from tests.weav.served import ServedWeav, served_weav


@pytest.fixture
async def weav() -> AsyncIterator[ServedWeav]:
    async with served_weav() as served:
        yield served


async def talk(weav: ServedWeav, path: str = "/v1/agents") -> bytes:
    """Send a request over a raw socket and return every byte of the answer."""
    url = urlsplit(weav.api_url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_fault_applies_as_often_as_configured(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(status=503, times=2))
    statuses = [(await weav.http.get("/agents")).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert list(weav.sandbox.faults) == []


async def test_a_fault_without_times_applies_until_removed(weav: ServedWeav) -> None:
    fault = weav.sandbox.fail(WeavFault(status=503))
    assert [(await weav.http.get("/agents")).status_code for _ in range(3)] == [503] * 3
    weav.sandbox.faults.remove(fault)
    assert (await weav.http.get("/agents")).status_code == 200


async def test_faults_apply_to_matching_requests(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(status=500, method="POST"))
    weav.sandbox.fail(WeavFault(status=403, path="/customers/*/conversations"))

    assert (await weav.http.get(f"/customers/{weav.customer_id}")).status_code == 200
    look_up = await weav.http.get(f"/customers/{weav.customer_id}/conversations")
    assert look_up.status_code == 403
    assert (await weav.post()).status_code == 500


async def test_only_the_first_matching_fault_applies(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(status=500, times=1))
    weav.sandbox.fail(WeavFault(status=503))
    assert [(await weav.http.get("/agents")).status_code for _ in range(2)] == [500, 503]
    weav.sandbox.faults.clear()
    assert (await weav.http.get("/agents")).status_code == 200


async def test_an_answer_can_be_written_by_hand(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault.rate_limit("7", times=1))
    limited = await weav.http.get("/agents")
    weav.sandbox.fail(WeavFault.html_page(times=1))
    page = await weav.http.get("/agents")
    weav.sandbox.fail(WeavFault(status=599, times=1))
    unknown = await weav.http.get("/agents")

    assert (limited.headers["retry-after"], limited.json()) == (
        "7",
        {"message": "Too Many Requests"},
    )
    assert (page.headers["content-type"], page.text[:9]) == ("text/html", "<!DOCTYPE")
    assert unknown.json() == {"message": "Status 599"}


async def test_a_lost_request_creates_nothing(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault.lost_request())
    with pytest.raises(httpx.HTTPError):
        await weav.opened()
    assert weav.sandbox.conversations == []


async def test_a_lost_answer_leaves_a_conversation(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault.lost_answer())
    with pytest.raises(httpx.HTTPError):
        await weav.opened()
    assert len(weav.sandbox.conversations) == 1
    await weav.sandbox.until(lambda: weav.sandbox.requests[0].seconds is not None)
    assert weav.sandbox.requests[0].status is None


async def test_a_dropped_connection_carries_no_byte(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault.lost_request())
    assert await talk(weav) == b""


async def test_delay_is_before_the_work_and_hold_after_it(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(hold=0.3, times=1))
    weav.sandbox.fail(WeavFault(delay=0.3, times=1))
    start = perf_counter()

    held = asyncio.create_task(weav.opened())
    await weav.sandbox.until(lambda: len(weav.sandbox.conversations) == 1)
    assert perf_counter() - start < 0.3
    delayed = asyncio.create_task(weav.opened())
    await weav.sandbox.until(lambda: len(weav.sandbox.requests) == 2)
    assert len(weav.sandbox.conversations) == 1
    await asyncio.gather(held, delayed)
    assert len(weav.sandbox.conversations) == 2


async def test_a_drip_is_the_whole_answer_in_the_end(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(status=403, body=b'{"message": "No."}', wire=Wire.DRIP, drip=0.001))
    answer = await talk(weav)
    assert answer.count(b"\r\n1\r\n") == len(b'{"message": "No."}')


async def test_an_endless_answer_ends_when_its_client_goes(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(wire=Wire.ENDLESS, times=1))
    size = 0
    async with weav.http.stream("GET", "/agents") as response:
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > 2_000_000:
                break
    await weav.sandbox.until(lambda: weav.sandbox.requests[0].seconds is not None)
    assert (await weav.http.get("/agents")).status_code == 200


async def test_a_gzip_bomb_is_small_on_the_wire(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(wire=Wire.GZIP_BOMB))
    async with weav.http.stream("GET", "/agents") as response:
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers["content-encoding"] == "gzip"
    assert len(raw) < 50_000


async def test_every_request_is_recorded(weav: ServedWeav) -> None:
    await weav.post(channel="chat")
    await weav.sandbox.until(lambda: weav.sandbox.requests[0].seconds is not None)

    (request,) = weav.sandbox.creations
    assert (request.method, request.path, request.json) == (
        "POST",
        "/v1/conversations",
        {"channel": "chat"},
    )
    assert (request.status, b"customer_id" in request.answer) == (422, True)
    assert request.headers["user-agent"] == "weav-slack/test"
    assert request.peer_port


async def test_events_are_published_in_order(weav: ServedWeav) -> None:
    seen: list[Event] = []

    async def watch() -> None:
        async for event in weav.sandbox.events():
            seen.append(event)  # noqa: PERF401 - the test reads `seen` meanwhile

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    thing = await weav.opened()
    await weav.http.put(f"/conversations/{thing['id']}", json={"priority": "high"})
    await weav.sandbox.until(lambda: weav.sandbox.requests[-1].seconds is not None)
    weav.sandbox.fail(WeavFault(status=500))
    await asyncio.sleep(0)
    watching.cancel()

    kinds = [event.kind for event in seen]
    assert kinds == ["request", "created", "answer", "request", "updated", "answer", "faults"]
    assert [seen[n].item["priority"] for n in (1, 4)] == ["normal", "high"]


async def test_waiting_times_out(weav: ServedWeav) -> None:
    with pytest.raises(TimeoutError):
        await weav.sandbox.until(lambda: False, timeout=0.05)


async def test_an_incomplete_request_is_not_recorded(weav: ServedWeav) -> None:
    url = urlsplit(weav.api_url)
    _, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(b"POST /v1/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await weav.http.get("/agents")

    assert [request.method for request in weav.sandbox.requests] == ["GET"]
