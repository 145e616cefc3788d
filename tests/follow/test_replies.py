"""Which of a conversation's messages the card's thread is still to be told of, and the notice."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from bot.follow.replies import Notice, ToldMessages, first_words
from bot.weav.messages import WrittenMessage
from tests.complete_text import missing_words
from tests.slack.limits import faults

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def message(number: int, hours_ago: float | None = 0) -> WrittenMessage:
    at = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    return WrittenMessage(id=f"M{number}", sender_type="customer", sent_at=at)


def numbers(messages: list[WrittenMessage]) -> list[str]:
    return [each.id or "" for each in messages]


def test_at_first_all_messages_of_the_last_day_are_new() -> None:
    listed = [message(1, 25), message(2, 23), message(3, 0), message(4, None)]

    new = ToldMessages().new_in(listed, NOW.timestamp())

    assert numbers(new) == ["M2", "M3", "M4"]


def test_told_messages_are_not_new_after_being_stored() -> None:
    listed = [message(number, 30 - number) for number in range(1, 4)]
    kept = ToldMessages.model_validate(ToldMessages().after(listed).dump())

    assert kept.new_in(listed, NOW.timestamp()) == []
    assert numbers(kept.new_in([*listed, message(4)], NOW.timestamp())) == ["M4"]


def test_a_message_older_than_all_kept_keys_is_not_new() -> None:
    listed = [message(number, 1000 - number) for number in range(1, 501)]
    kept = ToldMessages.model_validate(ToldMessages().after(listed).dump())

    assert len(kept.dump()["told"]) == 200
    assert kept.new_in(listed, NOW.timestamp()) == []
    assert numbers(kept.new_in([*listed, message(501)], NOW.timestamp())) == ["M501"]
    again = kept.after([*listed, message(501)])
    assert again.new_in([*listed, message(501)], NOW.timestamp()) == []


def test_a_message_missing_from_one_list_is_not_new_in_the_next() -> None:
    listed = [message(number) for number in range(1, 4)]
    kept = ToldMessages().after(listed).after(listed[:2])

    assert kept.new_in(listed, NOW.timestamp()) == []
    assert kept.after([]).new_in(listed, NOW.timestamp()) == []


def test_a_message_sent_long_ago_that_arrived_just_now_is_new() -> None:
    late = message(1, 48).model_copy(update={"created_at": NOW})

    assert ToldMessages().new_in([late], NOW.timestamp()) == [late]


def test_many_messages_without_a_date_are_told_once() -> None:
    listed = [message(number, None) for number in range(1, 301)]
    kept = ToldMessages.model_validate(ToldMessages().after(listed).dump())

    assert kept.new_in(listed, NOW.timestamp()) == []
    assert numbers(kept.new_in([*listed, message(301)], NOW.timestamp())) == ["M301"]


def test_only_the_shown_part_of_many_long_messages_is_parsed() -> None:
    html = "<p>It <b>still</b> hangs.</p>" * 350
    messages = [WrittenMessage(id=str(number), content=html) for number in range(100)]
    began = time.thread_time()

    text = first_words(messages)

    assert time.thread_time() - began < 0.02
    assert len(text) == 300
    assert text.endswith("…")
    assert first_words(messages[:0]) == ""


def test_a_notice_escapes_its_text_and_repeats_it_in_full() -> None:
    nasty = "<!channel> *x* <@U1> _y_ `z` :tada: https://evil.example"
    notice = Notice(nasty, 3, NOW, "https://weav.example/1", "<@U0BEN>", nasty).render()

    assert faults(notice.blocks) == []
    assert missing_words(notice.text, notice.blocks) == []
    assert "<!channel>" not in notice.text
    assert notice.text.count("<@") == 1
    assert "(3 messages)" in notice.text


def test_a_notice_works_without_any_optional_fact() -> None:
    notice = Notice("", 1, None, "", "<@U0ANN>").render()

    assert notice.text == "The customer replied · <@U0ANN>"
    assert len(notice.blocks) == 1
