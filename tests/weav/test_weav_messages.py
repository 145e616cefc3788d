"""Messages as Weav may list them: their order, format and fields are not documented."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.weav.messages import WrittenMessage, customer_messages
from bot.weav.outcomes import Opened
from bot.weav.pages import LookUpFailed
from tests.harness import JANE

if TYPE_CHECKING:
    from tests.weav.served import ServedWeav


STYLE = "<style>p { color: red }</style>"
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ""),
        ("", ""),
        ("It hangs\nsince  Monday", "It hangs since Monday"),
        ("1 < 2 and 3 > 2, <b> is bold", "1 < 2 and 3 > 2, <b> is bold"),
        ("<p>It <b>han</b>gs</p><p>since Monday &amp; today</p>", "It hangs since Monday & today"),
        ("One<br>two<br/>three", "One two three"),
        (f"<html><head><title>No</title>{STYLE}</head><body>{SCRIPT}<p>Yes</p></body>", "Yes"),
        ("<div>&lt;!channel&gt;</div>", "<!channel>"),
        ("<p>never closed <style>a", "never closed"),
    ],
)
def test_the_text_of_a_message_has_no_html(content: str | None, words: str) -> None:
    assert WrittenMessage(content=content).text == words


@given(st.text(alphabet="<>/!pab &;x", max_size=300))
def test_any_content_can_be_read(content: str) -> None:
    assert isinstance(WrittenMessage(content=content).text, str)


@pytest.mark.parametrize(
    "piece", ["<", "<p", "<p>", "</", "<style>", "&amp;", "<!--", "<a <", "</p "]
)
def test_a_long_message_is_read_in_time(piece: str) -> None:
    message = WrittenMessage(content=piece * 10_000)
    began = time.thread_time()

    assert isinstance(message.text, str)

    assert time.thread_time() - began < 0.05


def test_the_same_message_has_the_same_key_with_and_without_an_id() -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)

    assert WrittenMessage(id="1").key == WrittenMessage(id="1", content="edited").key
    assert WrittenMessage(id="1").key != WrittenMessage(id="2").key
    assert (
        WrittenMessage(sent_at=at, content="x").key == WrittenMessage(sent_at=at, content="x").key
    )
    assert (
        WrittenMessage(sent_at=at, content="x").key != WrittenMessage(sent_at=at, content="y").key
    )


async def written(weav: ServedWeav, *contents: str) -> str:
    opened = await weav.client.create_conversation(weav.new())
    assert isinstance(opened, Opened)
    conversation_id: str = opened.conversation.id
    for content in contents:
        weav.sandbox.store.write(conversation_id, content)
    return conversation_id


async def words(weav: ServedWeav, conversation_id: str) -> list[str]:
    listed = await customer_messages(weav.client, conversation_id)
    assert not isinstance(listed, LookUpFailed)
    return [each.text for each in listed]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("bare", [False, True])
async def test_all_messages_are_read_in_the_order_of_sending(
    weav: ServedWeav,
    newest_first: bool,  # noqa: FBT001 - pytest's
    bare: bool,  # noqa: FBT001 - pytest's
) -> None:
    weav.sandbox.listing.newest_first, weav.sandbox.listing.bare = newest_first, bare
    sent = [f"Message {number}" for number in range(230)]
    conversation_id = await written(weav, *sent)
    start = datetime(2026, 11, 29, tzinfo=UTC)
    for number, message in enumerate(weav.sandbox.store.messages[conversation_id]):
        message["sent_at"] = (start + timedelta(seconds=number)).isoformat()

    assert await words(weav, conversation_id) == sent


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("lengths", "requests"),
    [
        ([100] * 99, 1),
        ([100_000] * 12, 5),
        ([10] * 130 + [300_000] * 4 + [10] * 30, 42),
        ([1_000_000] * 3, 6),
        ([300_000] * 5 + [10] * 245, 22),
    ],
    ids=["short", "mails", "later", "one at a time", "sooner"],
)
async def test_a_page_that_is_too_large_is_read_in_smaller_ones(
    weav: ServedWeav,
    bare: bool,  # noqa: FBT001 - pytest's
    lengths: list[int],
    requests: int,
) -> None:
    weav.sandbox.listing.bare = bare
    conversation_id = await written(weav, *("x" * length for length in lengths))
    start = datetime(2026, 11, 29, tzinfo=UTC)
    messages = weav.sandbox.store.messages[conversation_id]
    for number, message in enumerate(messages):
        message["sent_at"] = (start + timedelta(seconds=number)).isoformat()
    before = len(weav.sandbox.requests)

    listed = await customer_messages(weav.client, conversation_id)

    assert not isinstance(listed, LookUpFailed)
    assert [each.id for each in listed] == [each["id"] for each in messages]
    assert len(weav.sandbox.requests) - before <= requests + bare


async def test_a_message_that_is_too_large_is_skipped(weav: ServedWeav) -> None:
    conversation_id = await written(weav, *["x"] * 9, "y" * 1_100_000, "z")

    listed = await customer_messages(weav.client, conversation_id)

    assert not isinstance(listed, LookUpFailed)
    assert sorted(each.content or "" for each in listed) == [*["x"] * 9, "z"]


async def test_internal_messages_and_other_senders_are_left_out(
    weav: ServedWeav,
) -> None:
    conversation_id = await written(weav, "From Jane")
    store = weav.sandbox.store
    store.write(conversation_id, "From us", sender_type="user")
    store.write(conversation_id, "From the agent", sender_type="agent")
    store.write(conversation_id, "A note", is_internal=True)
    store.write(conversation_id, "From nobody", sender_type="other")
    store.write(conversation_id, "Who knows", is_internal=False, id=None, sent_at="yesterday")

    assert sorted(await words(weav, conversation_id)) == ["From Jane", "Who knows"]


async def test_a_missing_conversation_is_a_failed_look_up(weav: ServedWeav) -> None:
    failed = await customer_messages(weav.client, JANE)

    assert isinstance(failed, LookUpFailed)
    assert failed.missing
