import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import cut, duration, escape, local_time, one_line, shorten

# Patterns of what Slack parses, at least as broad as in any of its clients.
ACTIVE = [
    re.compile("[<>]"),
    re.compile("&(?!(?:amp|lt|gt);)"),
    re.compile("`"),
    re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])"),
    re.compile(r"[@#]\w"),
    re.compile("://"),
    re.compile(r"\w\.[^\W\d_]"),
    re.compile(r"^\s*&gt;", re.MULTILINE),
]
MARKS = st.text(alphabet="*_~`<>&@#!|:/. \nab1é\u200b\u2060", max_size=40)


@given(st.text() | MARKS)
def test_escaped_text_neither_mentions_nor_formats_nor_links(text: str) -> None:
    escaped = escape(text)

    assert [pattern.pattern for pattern in ACTIVE if pattern.search(escaped)] == []


@given(st.text() | MARKS)
def test_escaped_text_is_at_most_five_times_as_long(text: str) -> None:
    assert len(escape(text)) <= 5 * len(text)


WORD = st.text(alphabet="abcXYZ019", min_size=1)


@given(st.lists(st.lists(WORD, min_size=1, max_size=3).map("_".join)).map(" ".join))
def test_plain_words_and_snake_case_stay_as_they_are(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    "text",
    ["<!channel>", "<@U024BE7LH>", "<!subteam^SAZ94GDB8>", "<https://evil.example|Weav>"],
)
def test_references_in_slacks_syntax_become_visible_text(text: str) -> None:
    assert escape(text).startswith("&lt;")
    assert escape(text).endswith("&gt;")


def test_bidirectional_overrides_are_removed() -> None:
    assert escape("a\u202eb\u2066c") == "abc"


def test_a_quote_mark_at_the_start_of_a_line_is_replaced_and_elsewhere_kept() -> None:
    assert escape("> a\nb > c") == "\u203a a\nb &gt; c"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_fits_and_begins_like_the_text(text: str, limit: int) -> None:
    shortened = shorten(text, limit)

    assert len(shortened) <= limit
    assert text.startswith(shortened.removesuffix("…"))


def test_a_text_that_fits_is_not_shortened() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("ae\u0301", 2, "a"),
        ("a👍🏽", 2, "a"),
        ("a👨\u200d👩\u200d👧", 3, "a"),
        ("❤\ufe0fa", 1, "❤"),
        ("🇩🇪🇫🇷", 3, "🇩🇪"),
        ("🇩🇪🇫🇷", 2, "🇩🇪"),
        ("\u0301" * 5, 3, "\u0301" * 3),
    ],
)
def test_visible_characters_are_not_cut_in_two(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


def test_folding_leaves_one_line() -> None:
    assert one_line("  a\r\n\tb  c ") == "a b c"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 8, 41, tzinfo=UTC),
        datetime(2026, 11, 22, 8, 41),  # noqa: DTZ001
        datetime(2026, 11, 22, 10, 41, tzinfo=timezone(timedelta(hours=2))),
        1795336860.5,
    ],
)
def test_a_moment_is_shown_in_the_readers_time_zone(moment: datetime | float) -> None:
    shown = local_time(moment)

    assert shown == "<!date^1795336860^{date_short_pretty} at {time}|2026-11-22 08:41 UTC>"


def test_a_moment_that_would_overflow_in_utc_is_shown_unconverted() -> None:
    moment = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    assert local_time(moment) == "0001-01-01 00:00+01:00"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (900, "15 min")]
)
def test_a_long_duration_is_in_minutes(seconds: float, words: str) -> None:
    assert duration(seconds, "s", "min") == words
