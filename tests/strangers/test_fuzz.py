"""Hostile input on every endpoint, signed and unsigned: no 500, no exception in the log."""

from __future__ import annotations

import json
import random
import time
from string import ascii_letters
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.follow.delivery import Event
from bot.slack import ids
from tests.follow.test_delivery import json_with
from tests.harness import JANE
from tests.new_examples import with_new_examples
from tests.strangers.running import POLITE, Running, running
from tests.strangers.samples import ODD, encoded, nested, places, replaced, samples, spoiled, torn
from tests.strangers.served import EVENTS, post

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
MANY = with_new_examples(settings(FEW, max_examples=3000))
Payloads = dict[str, Any]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("strangers")) as started:
        yield started
        assert started.process.poll() is None
        assert started.bugs() == []


@pytest.fixture(scope="module")
def payloads(bot: Running) -> Payloads:
    return samples(bot.slack)


def survives(bot: Running, status: int | None) -> None:
    assert status is None or status in POLITE
    assert bot.bugs() == []


def test_the_bot_accepts_the_samples(bot: Running, payloads: Payloads) -> None:
    for payload in payloads.values():
        assert bot.send(encoded(payload)) == 200
        assert bot.send(encoded(payload), signed=False) == 401
    survives(bot, None)


def spoil(bot: Running, payloads: Payloads, data: st.DataObject) -> None:
    payload = data.draw(spoiled(payloads))
    survives(bot, bot.send(encoded(payload)))


def tear_a_signed_body(bot: Running, payloads: Payloads, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(payloads)))
    survives(bot, bot.send(data.draw(torn(encoded(payloads[name])))))


def tear_a_request(bot: Running, payloads: Payloads, data: st.DataObject) -> None:
    whole = post(encoded(payloads["command"]), signed=False)
    survives(bot, bot.shout(data.draw(torn(whole))))


def babble(bot: Running, _: Payloads, data: st.DataObject) -> None:
    method, path = data.draw(st.binary(max_size=8)), data.draw(st.binary(max_size=40))
    lines = data.draw(st.lists(st.binary(max_size=60), max_size=6))
    head = b"\r\n".join([method + b" " + path + b" HTTP/1.1", *lines, b"", b""])
    survives(bot, bot.shout(head + data.draw(st.binary(max_size=200))))
    survives(bot, bot.send(data.draw(st.binary(max_size=400))))


def tell_anything(bot: Running, payloads: Payloads, data: st.DataObject) -> None:
    """Webhooks with any event and shape; some name a conversation that has a card."""
    if not bot.weav.conversations:
        bot.send(encoded(payloads["submission"]))
    known = [each["id"] for each in bot.weav.conversations]
    body = json.dumps(data.draw(json_with(data.draw(st.sampled_from([JANE, *known]))))).encode()
    if data.draw(st.booleans()):
        body = data.draw(torn(body))
    event = data.draw(st.sampled_from(Event) | st.text(ascii_letters + ".", max_size=40))
    survives(bot, bot.tell(body, event, signed=data.draw(st.integers(0, 9)) < 8))


FUZZERS = [spoil, tear_a_signed_body, tear_a_request, babble, tell_anything]


@pytest.mark.parametrize("fuzz", FUZZERS)
def test_no_random_bytes_cause_an_error(bot: Running, payloads: Payloads, fuzz: Any) -> None:  # noqa: ANN401
    FEW(given(st.data())(lambda data: fuzz(bot, payloads, data)))()


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fuzz", FUZZERS)
def test_many_random_bytes_cause_no_error(bot: Running, payloads: Payloads, fuzz: Any) -> None:  # noqa: ANN401
    MANY(given(st.data())(lambda data: fuzz(bot, payloads, data)))()


def test_every_field_may_have_another_type(bot: Running, payloads: Payloads) -> None:
    _change_every_field(bot, payloads, once=True)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_field_may_have_any_other_type(bot: Running, payloads: Payloads) -> None:
    _change_every_field(bot, payloads, once=False)


# Their fields occur in another sample.
ALIKE = {"status", "defaults", "check", "me", "defaults saved", ids.CREATE_AGAIN, ids.LEAVE}


def _change_every_field(bot: Running, payloads: Payloads, *, once: bool) -> None:
    turn = 0
    for name in sorted(payloads.keys() - ALIKE):
        payload = payloads[name]
        for place in list(places(payload))[1 :: 4 if once else 1]:
            turn += 1
            for value in [ODD[turn % len(ODD)]] if once else ODD:
                survives(bot, bot.send(encoded(replaced(payload, place, value))))
    print(f"fields: {turn}")  # noqa: T201


@pytest.mark.parametrize("depth", [10, 100, 400, 900])
def test_deep_nesting_causes_no_error(bot: Running, payloads: Payloads, depth: int) -> None:
    for name in ("submission", "suggestion", "message shortcut"):
        deep = replaced(payloads[name], ("view",), nested(depth))
        survives(bot, bot.send(encoded(deep)))
    for depths in (b"[" * depth * 100, b'{"a":' * depth * 100):
        survives(bot, bot.send(b"payload=" + depths))


KINDS = ["application/json", "multipart/form-data; boundary=x", "text/plain", "", "é", "x" * 999]


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_type_does_not_matter(bot: Running, payloads: Payloads, kind: str) -> None:
    body = encoded(payloads["command"])
    survives(bot, bot.shout(post(body, kind=kind)))
    survives(bot, bot.shout(post(b'{"type": "event_callback"}', kind=kind)))


@pytest.mark.parametrize("signed", [True, False])
def test_a_huge_body_is_refused_before_it_is_read(bot: Running, *, signed: bool) -> None:
    head = post(b"", f"X-Padding: {signed}", signed=signed).replace(
        b"Content-Length: 0", b"Content-Length: 99999999999"
    )
    assert bot.shout(head) == 413
    whole = post(b"payload=" + b"x" * (1 << 20), signed=signed)
    assert bot.shout(whole) in (413, None)  # None: the bot hung up while the test was still sending
    survives(bot, None)


METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI", "x"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_and_path_has_an_answer(bot: Running, method: str) -> None:
    for path in ("/", EVENTS, "/healthz", "/readyz", "/%00", "/%ff", "//", "*", "http://x/", "/é"):
        request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        survives(bot, bot.shout(f"{request}Connection: upgrade\r\n\r\n".encode()))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_requests_of_strangers(bot: Running, payloads: Payloads) -> None:
    process = psutil.Process(bot.process.pid)
    sizes = []
    chance = random.Random(1)  # noqa: S311 - to be the same each time
    for number in range(20_001):
        if number % 4000 == 0:
            time.sleep(1)  # the bot has finished what it had started
            sizes.append(process.memory_info().rss / 2**20)
        _one_of_many(bot, payloads, chance)
    print("memory in MiB, every 4,000 requests:", [round(size) for size in sizes])  # noqa: T201
    assert sizes[-1] < sizes[1] * 1.05
    survives(bot, None)


def _one_of_many(bot: Running, payloads: Payloads, chance: random.Random) -> None:
    payload = payloads[chance.choice(sorted(payloads))]
    place = chance.choice(list(places(payload))[1:])
    body = encoded(replaced(payload, place, chance.choice(ODD)))
    match chance.randrange(11):
        case 0:
            bot.shout(chance.randbytes(200) + b"\r\n\r\n")
        case 1:
            bot.send(body[: chance.randrange(len(body))])
        case 2:
            bot.send(body * 50, signed=False)
        case 10:
            known = [each["id"] for each in bot.weav.conversations] or [JANE]
            told = json.dumps({"id": chance.choice(known)}).encode()
            bot.tell(told + b" " * chance.randrange(9), chance.choice(list(Event)))
        case 3:
            bot.shout(f"GET /{chance.random()} HTTP/1.1\r\n\r\n".encode())
        case _:
            bot.send(body, signed=chance.random() < 0.7)
