"""The signature of a delivery, and the ids in its body."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.follow.delivery import MOST_IDS, Event, ids_in, is_json, is_signed, read_event
from tests.follow.deliveries import SECRET, SPELLINGS, signature_of
from tests.harness import JANE

BODY = b'{"id": 1}'
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@pytest.fixture
def rare_garbage_collection() -> Iterator[None]:
    """Collect garbage as seldom as the bot does; it takes a parser longer than parsing."""
    found = gc.get_threshold()
    gc.set_threshold(100_000)
    yield
    gc.set_threshold(*found)


def signed(body: bytes, signature: str) -> bool:
    return is_signed(SECRET.encode(), body, signature)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_encoding_of_the_signature_is_accepted(spelling: str) -> None:
    assert signed(BODY, signature_of(BODY, spelling))
    assert signed(b"", signature_of(b"", spelling))
    assert signed(BODY, f" {signature_of(BODY, spelling)} ")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_signatures_are_refused(spelling: str) -> None:
    assert not signed(BODY, signature_of(BODY + b" ", spelling))
    assert not signed(BODY, signature_of(BODY, spelling, "another"))
    assert not signed(BODY, signature_of(BODY, spelling)[:-1])
    assert not signed(BODY, "")
    assert not signed(BODY, "sha256=")
    assert not signed(BODY, f"sha1={signature_of(BODY)}")
    assert not signed(BODY, f"sha256=sha256={signature_of(BODY)}")


@given(st.text())
def test_any_other_text_is_refused_as_a_signature(text: str) -> None:
    assert not signed(BODY, text)


def test_only_weavs_event_names_are_known() -> None:
    assert [read_event(event.value) for event in Event] == list(Event)
    assert read_event(" conversation.status.updated ") is Event.STATUS
    for unknown in ("", "conversation.merged", "CONVERSATION.DELETED", "é"):
        assert read_event(unknown) is None


@st.composite
def json_with(draw: st.DrawFn, inside: Any) -> Any:  # noqa: ANN401 - JSON
    """Build a body of any shape with `inside` somewhere in it."""
    value = inside
    for _ in range(draw(st.integers(0, 12))):
        match draw(st.sampled_from(["member", "element", "key", "text"])):
            case "member":
                others = draw(st.dictionaries(st.text(), _SCALARS, max_size=3))
                value = {**others, draw(st.text()): value}
            case "element":
                value = [*draw(st.lists(_SCALARS, max_size=3)), value]
            case "key":
                value = {value if isinstance(value, str) else json.dumps(value): draw(_SCALARS)}
            case "text":
                value = json.dumps(value)
    return value


@given(st.uuids(), st.data())
def test_an_id_is_found_anywhere_in_the_body(id_: UUID, data: st.DataObject) -> None:
    spelled = data.draw(st.sampled_from([str(id_), str(id_).upper(), f"urn:uuid:{id_}"]))
    body = json.dumps(data.draw(json_with(spelled))).encode()

    assert is_json(body)
    assert str(id_) in ids_in(body)


def test_an_id_is_found_in_an_address_but_not_inside_a_longer_word() -> None:
    assert ids_in(f'"https://app.weav.example/c/{JANE}?tab=1"'.encode()) == [JANE]
    assert ids_in(f'"a{JANE}"'.encode()) == []
    assert ids_in(f'"{JANE}-1"'.encode()) == []


def test_at_most_a_hundred_ids_are_found() -> None:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(1000)]

    assert ids_in(json.dumps(ids).encode()) == ids[:MOST_IDS]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_pasted_log_does_not_hide_the_conversation(indent: int | None) -> None:
    log = [{"request_id": f"00000000-0000-4000-8000-{number:012}"} for number in range(1000)]
    body = {"content": json.dumps(log, indent=indent), "conversation_id": JANE}

    assert JANE in ids_in(json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"{no json}", b"\xff", b"[" * 10_000, b"{}x", b"NaN{"])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    assert not is_json(body)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"preview": "half a smile: \ud83d", "id": "%s"}',
        b'{"invoice": ' + b"9" * 10_000 + b', "id": "%s"}',
    ],
    ids=["half a character", "a long number"],
)
def test_everything_that_json_allows_is_accepted(body: bytes) -> None:
    body = body.replace(b"%s", JANE.encode())

    assert is_json(body)
    assert ids_in(body) == [JANE]


def seconds_of(work: Callable[[], object]) -> float:
    """Return the best of three runs, because other programs evict the CPU's caches."""

    def once() -> float:
        began = time.thread_time()
        work()
        return time.thread_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize(
    "part",
    [b"a", b"-", b"0123456789abcdef-", b'"', JANE.encode()[:-1] + b" ", b"00000000-0000-", b"[],"],
)
def test_a_long_body_is_searched_quickly(part: bytes) -> None:
    body = (part * (1 << 20))[: 1 << 20]

    assert seconds_of(lambda: ids_in(body)) < 0.05


@pytest.mark.usefixtures("rare_garbage_collection")
@pytest.mark.parametrize("part", [b"[],", b"0,", b'"a",', b'{"a":0},'])
def test_a_long_body_is_parsed_quickly(
    part: bytes,
) -> None:
    body = b"[%s0]" % (part * ((1 << 20) // len(part) - 1))

    assert is_json(body)
    assert seconds_of(lambda: is_json(body)) < 0.05
