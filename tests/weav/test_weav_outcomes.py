import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.weav.models import NewConversation
from bot.weav.outcomes import (
    BODY_LIMIT,
    HttpAnswer,
    NotSent,
    Opened,
    Outcome,
    Refused,
    Unconfirmed,
    outcome_of_answer,
    outcome_of_error,
)

GOOD = b'{"id": "c1", "subject": "Hi"}'


def half_an_emoji_and(value: bytes) -> bytes:
    return b'{"id": "c1", "subject": "Hi \\ud83d", "more": ' + value + b"}"


def outcome(status: int, body: bytes = b"", **headers: str) -> Outcome:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return outcome_of_answer(HttpAnswer(status, named, body))


def refused(status: int, answer: object) -> Refused:
    result = outcome(status, json.dumps(answer).encode())
    assert isinstance(result, Refused)
    return result


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_any_2xx_with_a_conversation_is_opened(status: int) -> None:
    result = outcome(status, GOOD)
    assert isinstance(result, Opened)
    assert (result.conversation.id, result.conversation.subject) == ("c1", "Hi")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"id": ""}',
        b'{"id": "c1"',
        b"<html></html>",
        b"\xff\xfe",
        b"[" * 100_000,
        gzip.compress(GOOD, mtime=0),
        GOOD + b" " * BODY_LIMIT,
        GOOD.decode().encode("utf-16"),
        half_an_emoji_and(b"[" * 300 + b"]" * 300),
        half_an_emoji_and(b"[" * 100_000),
        half_an_emoji_and(b'"' + b"x" * BODY_LIMIT + b'"'),
    ],
    ids=lambda body: body[:12],
)
def test_a_2xx_that_cannot_be_read_is_unconfirmed(body: bytes) -> None:
    assert isinstance(outcome(201, body), Unconfirmed)


@pytest.mark.parametrize(
    ("escaped", "subject"),
    [
        (rb"Hi \ud83d", "Hi ?"),
        (rb"\uDE00 Hi", "? Hi"),
        (rb"\ud83d\ud83d\ude00\ude00", "?\N{GRINNING FACE}?"),
        (rb"\\ud83d \ud83d", r"\ud83d ?"),
        ("Grüße \\ud83d".encode(), "Grüße ?"),
    ],
)
def test_half_an_emoji_reads_as_a_question_mark(escaped: bytes, subject: str) -> None:
    result = outcome(201, b'{"id": "c1", "subject": "' + escaped + b'", "\\ud83d": [1.5, null]}')

    assert isinstance(result, Opened)
    assert result.conversation.subject == subject


@pytest.mark.parametrize("status", [429, 503])
def test_rate_limits_and_unavailability_are_not_sent(status: int) -> None:
    assert isinstance(outcome(status, b"<html>"), NotSent)


def test_every_status_has_the_outcome_of_its_class() -> None:
    classes = {1: Unconfirmed, 2: Opened, 3: Unconfirmed, 4: Refused, 5: Unconfirmed}
    expected = {status: classes[status // 100] for status in range(100, 600)}
    expected |= {429: NotSent, 503: NotSent}

    assert {status: type(outcome(status, GOOD)) for status in range(100, 600)} == expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("999999", 3600.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("1e9", None),
        ("٣", None),
        ("9" * 400, None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
        ("Mon, 05 Jan 2026 09:00:30 GMT", 30.0),
        ("Mon, 05 Jan 2026 09:00:30 -0000", 30.0),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 0.0),
        ("Mon, 05 Jan 2099 09:00:00 GMT", 3600.0),
    ],
)
def test_retry_after_is_read_in_seconds(value: str, seconds: float | None) -> None:
    result = outcome(429, retry_after=value, Date="Mon, 05 Jan 2026 09:00:00 GMT")
    assert isinstance(result, NotSent)
    assert result.retry_after == seconds


def test_retry_after_as_a_date_works_without_weavs_clock() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    result = outcome(503, Retry_After=in_a_minute)
    assert isinstance(result, NotSent)
    assert result.retry_after == pytest.approx(60, abs=5)


@given(st.text())
def test_no_retry_after_is_out_of_bounds(value: str) -> None:
    result = outcome(429, retry_after=value)
    assert isinstance(result, NotSent)
    assert result.retry_after is None or 0 <= result.retry_after <= 3600


def test_reasons_stand_under_their_fields() -> None:
    result = refused(
        422,
        {
            "message": "The customer id is invalid. (and 2 more errors)",
            "errors": {
                "customer_id": ["The selected customer id is invalid."],
                "assignee_id.0": ["One.", "Two.", "One."],
                "assignee_id": "Two.",
            },
        },
    )
    assert result.fields == {
        "customer_id": "The selected customer id is invalid.",
        "assignee_id": "One. Two.",
    }
    assert result.message == ""
    assert result.sentence == "Nothing was created. The selected customer id is invalid. One. Two."


def test_reasons_of_other_fields_go_into_the_message() -> None:
    result = refused(422, {"errors": {"workspace": ["Closed."], "subject": ["Rude."]}})
    assert (result.message, result.fields) == (
        "Weav did not accept this: Closed.",
        {"subject": "Rude."},
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"message": "No such channel."},
        {"error": "No such channel."},
        {"message": " No such\nchannel. ", "errors": []},
        {"errors": ["No\0such\x1b channel.\x9f", "\0"]},
        {"errors": ["No such channel."]},
        {"errors": "No such channel."},
        {"errors": {"": {"a": 1}, "base": ["No such channel.", None, 7]}},
    ],
)
def test_a_refusal_without_fields_says_why(answer: object) -> None:
    result = refused(422, answer)
    assert (result.message, result.fields) == ("Weav did not accept this: No such channel.", {})


@pytest.mark.parametrize("body", [b"", b"<h1>No</h1>", b'{"message": "<h1>No</h1>"}', b"[1]"])
def test_a_refusal_that_cannot_be_read_shows_no_raw_body(body: bytes) -> None:
    result = outcome(422, body)
    assert isinstance(result, Refused)
    assert result.message == (
        "Weav did not accept this and gave no reason. Check the fields and submit again."
    )


@pytest.mark.parametrize("status", [401, 403, 404, 409, 413, 418])
def test_other_refusals_have_our_sentence_and_not_weavs(status: int) -> None:
    result = refused(status, {"message": "SECRET"})
    assert "SECRET" not in result.message
    assert result.message.endswith(".")


def test_a_rejected_token_is_reported() -> None:
    expected = "The bot's Weav token is not accepted. Tell whoever runs the bot."
    assert refused(401, {}).message == expected


def test_long_reasons_are_shortened() -> None:
    result = refused(422, {"errors": {"subject": ["x" * 5000], "other": ["y" * 5000]}})
    assert len(result.fields["subject"]) == 300
    assert len(result.message) == 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
errors = st.dictionaries(
    st.sampled_from([*NewConversation.model_fields, "x", "subject.0"]), json_values
)


@given(st.integers(100, 599), json_values | st.builds(dict, errors=errors, message=json_values))
def test_every_answer_has_an_outcome(status: int, answer: object) -> None:
    result = outcome(status, json.dumps(answer).encode())
    if isinstance(result, Refused):
        assert result.fields.keys() <= NewConversation.model_fields.keys()
        assert all(result.fields.values())
        assert result.sentence


@given(st.integers(100, 599), st.binary(), st.dictionaries(st.text(), st.text()))
def test_any_bytes_have_an_outcome(status: int, body: bytes, headers: Mapping[str, str]) -> None:
    assert outcome_of_answer(HttpAnswer(status, headers, body))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectTimeout("without a cause it may mean anything"),
        httpx.ConnectError("the same"),
        httpx.ReadTimeout(""),
        httpx.ReadError(""),
        httpx.WriteError(""),
        httpx.RemoteProtocolError(""),
        httpx.InvalidURL(""),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ClientPayloadError(),
        aiohttp.SocketTimeoutError(),
        aiohttp.ServerTimeoutError(),
        TimeoutError(),
        ConnectionResetError(),
        ValueError(),
        RuntimeError(),
    ],
    ids=repr,
)
def test_errors_that_prove_nothing_are_unconfirmed(error: Exception) -> None:
    assert isinstance(outcome_of_error(error), Unconfirmed)
