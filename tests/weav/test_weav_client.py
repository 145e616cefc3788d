"""The client's outcomes for faults of the network and of Weav, over real sockets."""

import asyncio
import gzip
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from bot.sandbox.weav import WeavFault, Wire
from bot.sandbox.weav.app import TOKEN
from bot.weav.client import weav_client
from bot.weav.models import NewConversation
from bot.weav.outcomes import NotSent, Opened, Outcome, Refused, Unconfirmed
from tests.process import free_port
from tests.weav.raw_server import Reply, drips, hangs, raw_server, resets, sends
from tests.weav.served import ServedWeav, client_of, served_weav

NEW = NewConversation.model_validate(
    {"channel": "chat", "customer_id": "3c90c3cc-0d44-4b50-8888-000000000001"}
)
CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
GOOD = CREATED + b'Content-Length: 11\r\n\r\n{"id":"c1"}'


async def test_a_conversation_is_opened(weav: ServedWeav) -> None:
    outcome = await weav.client.create_conversation(weav.new(subject="Hi", priority="high"))

    assert isinstance(outcome, Opened)
    assert outcome.conversation.model_dump(mode="json") == weav.sandbox.conversations[0]
    assert outcome.conversation.subject == "Hi"


async def test_the_request_is_exactly_as_documented(weav: ServedWeav) -> None:
    await weav.client.create_conversation(weav.new(subject="Hi"))

    (request,) = weav.sandbox.requests
    assert (request.method, request.path, request.query) == ("POST", "/v1/conversations", "")
    assert request.json == {"channel": "chat", "customer_id": weav.customer_id, "subject": "Hi"}
    assert (
        request.headers.items()
        >= {
            "authorization": f"Bearer {TOKEN}",
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "weav-slack/test",
        }.items()
    )


async def test_connections_are_kept_and_shared(weav: ServedWeav) -> None:
    for _ in range(5):
        await weav.client.create_conversation(weav.new())

    assert len({request.peer_port for request in weav.sandbox.requests}) == 1


async def test_a_hundred_conversations_are_opened_at_once(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(delay=0.5))
    start = perf_counter()

    outcomes = await asyncio.gather(
        *(weav.client.create_conversation(weav.new()) for _ in range(120))
    )

    assert {type(outcome) for outcome in outcomes} == {Opened}
    assert len(weav.sandbox.conversations) == 120
    assert perf_counter() - start < 3


async def test_weavs_reasons_come_back_by_field(weav: ServedWeav) -> None:
    stranger = "00000000-0000-4000-8000-000000000000"
    outcome = await weav.client.create_conversation(weav.new(customer_id=stranger))

    assert outcome == Refused(
        "",
        {"customer_id": "The selected customer id is invalid."},
        422,
    )


async def test_a_wrong_token_is_refused_and_never_repeated_to_the_user() -> None:
    async with served_weav("wrong-token") as weav:
        refused = await weav.client.create_conversation(weav.new())
        weav.sandbox.fail(WeavFault.refusal({"subject": ["Bearer wrong-token?"]}))
        echoed = await weav.client.create_conversation(weav.new())

    assert isinstance(refused, Refused)
    assert refused.status == 401
    assert isinstance(echoed, Refused)
    assert echoed.fields == {"subject": "Bearer (token)?"}


FAULTS = {
    "down": (WeavFault(status=503), NotSent, 0),
    "rate limited": (WeavFault.rate_limit("7"), NotSent, 0),
    "refused by field": (WeavFault.refusal({"subject": ["No."]}), Refused, 0),
    "403": (WeavFault(status=403), Refused, 0),
    "server error": (WeavFault(status=500), Unconfirmed, 0),
    "server error after creating": (WeavFault(status=500, processed=True), Unconfirmed, 1),
    "HTML page": (WeavFault.html_page(), Unconfirmed, 0),
    "HTML page with 200": (WeavFault.html_page(200), Unconfirmed, 0),
    "redirect": (WeavFault.redirect("http://127.0.0.1:1/"), Unconfirmed, 0),
    "redirect to nowhere": (WeavFault.redirect("http://["), Unconfirmed, 0),
    "permanent redirect": (WeavFault.redirect("/v2/conversations", 308), Unconfirmed, 0),
    "empty 204": (WeavFault(status=204, processed=True), Unconfirmed, 1),
    "broken JSON": (WeavFault(status=201, body=b'{"id":', processed=True), Unconfirmed, 1),
    "lost request": (WeavFault.lost_request(), Unconfirmed, 0),
    "lost answer": (WeavFault.lost_answer(), Unconfirmed, 1),
    "slow first byte": (WeavFault(hold=1), Unconfirmed, 1),
    "slow drip": (WeavFault(wire=Wire.DRIP), Unconfirmed, 1),
    "slow drip of a refusal": (WeavFault(status=401, wire=Wire.DRIP, drip=0.2), Refused, 0),
    "endless body": (WeavFault(wire=Wire.ENDLESS), Unconfirmed, 1),
    "endless body of a 503": (WeavFault(status=503, wire=Wire.ENDLESS), NotSent, 0),
    "gzip bomb": (WeavFault(wire=Wire.GZIP_BOMB), Unconfirmed, 1),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_of_weav_has_its_outcome_and_is_not_retried(name: str) -> None:
    fault, expected, created = FAULTS[name]
    async with served_weav(seconds=0.4) as weav:
        weav.sandbox.fail(fault)
        start = perf_counter()

        outcome = await weav.client.create_conversation(weav.new())

        assert type(outcome) is expected
        assert perf_counter() - start < 2
        await weav.sandbox.until(lambda: len(weav.sandbox.conversations) == created)
        assert len(weav.sandbox.creations) == 1
        weav.sandbox.faults.clear()
        assert isinstance(await weav.client.create_conversation(weav.new()), Opened)


RAW: dict[str, tuple[Reply, type[Outcome]]] = {
    "never answers": (hangs, Unconfirmed),
    "closes": (sends(), Unconfirmed),
    "resets": (resets(), Unconfirmed),
    "closes in the headers": (sends(b"HTTP/1.1 201 Cre"), Unconfirmed),
    "resets in the headers": (resets(b"HTTP/1.1 201 Cre"), Unconfirmed),
    "closes in the body": (sends(CREATED + b'Content-Length: 99\r\n\r\n{"id":'), Unconfirmed),
    "resets in the body": (resets(CREATED + b'Content-Length: 99\r\n\r\n{"id":'), Unconfirmed),
    "resets in the body of a 503": (
        resets(b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n{"),
        NotSent,
    ),
    "broken chunk": (
        sends(CREATED + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}"),
        Unconfirmed,
    ),
    "missing chunk": (
        sends(CREATED + b'Transfer-Encoding: chunked\r\n\r\nb\r\n{"id":"c1"}\r\n'),
        Unconfirmed,
    ),
    "broken gzip": (
        sends(CREATED + b'Content-Encoding: gzip\r\nContent-Length: 11\r\n\r\n{"id":"c1"}'),
        Unconfirmed,
    ),
    "unknown encoding": (
        sends(CREATED + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"),
        Unconfirmed,
    ),
    "no HTTP": (sends(b"220 mail.example.com ESMTP\r\n"), Unconfirmed),
    "bad length": (sends(CREATED + b"Content-Length: x\r\n\r\n"), Unconfirmed),
    "huge header": (sends(CREATED + b"X: " + b"x" * 100_000 + b"\r\n\r\n"), Unconfirmed),
    "dripping header": (drips(CREATED + b"X: ", b"x", 0.02), Unconfirmed),
    "1xx for ever": (drips(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.02), Unconfirmed),
    "101": (
        sends(b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        Unconfirmed,
    ),
    "100, then the answer": (sends(b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD), Opened),
    "body until the end": (sends(CREATED + b'\r\n{"id":"c1"}'), Opened),
}


@pytest.mark.parametrize("name", RAW)
async def test_each_broken_answer_has_its_outcome_and_is_not_retried(name: str) -> None:
    reply, expected = RAW[name]
    async with raw_server(reply) as server, client_of(server.url) as client:
        start = perf_counter()

        outcome = await client.create_conversation(NEW)

        assert type(outcome) is expected
        assert perf_counter() - start < 2
        assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [sends(), resets()], ids=["closed", "reset"])
async def test_a_post_on_a_kept_connection_that_breaks_is_not_repeated(reply: Reply) -> None:
    kept = sends(GOOD, close=False)
    async with raw_server(kept, reply) as server, client_of(server.url) as client:
        first = await client.create_conversation(NEW)
        second = await client.create_conversation(NEW)

        assert isinstance(first, Opened)
        assert isinstance(second, Unconfirmed)
        assert (len(server.requests), server.connections) == (2, 1)


async def test_an_endless_answer_is_cut_off_by_size_before_the_timeout() -> None:
    async with served_weav(seconds=30) as weav:
        weav.sandbox.fail(WeavFault(wire=Wire.ENDLESS))
        async with asyncio.timeout(5):
            outcome = await weav.client.create_conversation(weav.new())

    assert isinstance(outcome, Unconfirmed)


async def test_a_gzip_bomb_never_inflates() -> None:
    bomb = gzip.compress(b'{"id":"c1"}' + b" " * 64 * 1024 * 1024)
    head = CREATED + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    async with raw_server(sends(head, bomb)) as server, client_of(server.url, 5) as client:
        tracemalloc.start()
        outcome = await client.create_conversation(NEW)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert isinstance(outcome, Unconfirmed)
    assert peak < 8 * 1024 * 1024


async def test_an_unrequested_compressed_answer_is_read() -> None:
    body = gzip.compress(b'{"id":"c1"}')
    head = CREATED + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with raw_server(sends(head, body)) as server, client_of(server.url) as client:
        assert isinstance(await client.create_conversation(NEW), Opened)


async def test_a_refused_connection_is_not_sent() -> None:
    async with client_of(f"http://127.0.0.1:{free_port()}") as client:
        assert await client.create_conversation(NEW) == NotSent("Weav could not be reached.")


async def test_an_address_that_does_not_exist_is_not_sent() -> None:
    async with client_of("http://weav.invalid") as client:
        assert await client.create_conversation(NEW) == NotSent("Weav's address was not found.")


async def test_a_certificate_that_is_not_trusted_is_not_sent() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
    async with raw_server(sends(GOOD), tls=tls) as server, client_of(server.url) as client:
        outcome = await client.create_conversation(NEW)

        assert isinstance(outcome, NotSent)
        assert "securely" in outcome.reason
        assert server.requests == []


async def test_a_handshake_that_never_ends_is_not_sent() -> None:
    async with (
        raw_server(hangs) as server,
        client_of(server.url.replace("http:", "https:")) as client,
    ):
        outcome = await client.create_conversation(NEW)

    assert outcome == NotSent("Weav could not be reached in time.")


async def test_a_connection_that_is_never_accepted_is_not_sent(full_backlog: int) -> None:
    async with client_of(f"http://127.0.0.1:{full_backlog}") as client:
        outcome = await client.create_conversation(NEW)

    assert outcome == NotSent("Weav could not be reached in time.")


async def test_no_free_connection_is_not_sent() -> None:
    async with raw_server(hangs) as server, client_of(server.url, connections=1) as client:
        outcomes = await asyncio.gather(*(client.create_conversation(NEW) for _ in range(2)))

        assert [type(outcome) for outcome in outcomes] == [Unconfirmed, NotSent]
        assert len(server.requests) == 1


async def test_cancelling_is_not_swallowed() -> None:
    async with raw_server(hangs) as server, client_of(server.url, seconds=30) as client:
        task = asyncio.create_task(client.create_conversation(NEW))
        await server.first_request.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with raw_server(sends(GOOD)) as server, client_of(server.url) as client:
        assert isinstance(await client.create_conversation(NEW), Opened)


async def test_neither_user_text_nor_token_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    secret = NEW.model_copy(update={"subject": "CANARY-SUBJECT"})
    async with (
        raw_server(resets()) as server,
        weav_client(server.url, "CANARY-TOKEN", 0.3) as client,
    ):
        await client.create_conversation(secret)

    # The log names the cause: httpx's own class would be ConnectTimeout.
    assert "no answer from Weav to POST: ClientOSError" in caplog.text
    assert "CANARY" not in caplog.text


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """Yield the port of a listener that completes no TCP handshake any more."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.settimeout(0)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for client in waiting:
            client.close()
