import pytest

from bot.slack.forms import Origin
from bot.slack.messages import form_from_message, permalink


def payload(**message: object) -> dict[str, object]:
    return {
        "type": "message_action",
        "team": {"id": "T1", "domain": "acme"},
        "channel": {"id": "C1", "name": "general"},
        "message_ts": "1355517523.000008",
        "message": {"ts": "1355517523.000008", "text": "hello", **message},
    }


def test_a_message_becomes_the_subject_and_a_way_back() -> None:
    form = form_from_message(payload(text="*Export* <https://a.example|hangs> &amp; <@U1> waits"))

    assert form.values.subject == "Export hangs & waits"
    assert form.origin == Origin(
        via="message",
        slack_channel_id="C1",
        message_ts="1355517523.000008",
        thread_ts="1355517523.000008",
        message_link="https://acme.slack.com/archives/C1/p1355517523000008",
    )


def test_a_reply_leads_into_its_thread() -> None:
    form = form_from_message(payload(thread_ts="1355517500.000001"))

    assert form.origin.thread_ts == "1355517500.000001"
    assert form.origin.message_link.endswith("?thread_ts=1355517500.000001&cid=C1")


def test_a_long_message_gives_its_first_500_characters() -> None:
    form = form_from_message(payload(text="x" * 501))

    assert form.values.subject == "x" * 500
    assert form.origin.shortened


def test_500_characters_are_not_too_long() -> None:
    form = form_from_message(payload(text="🎉" * 500))

    assert form.values.subject == "🎉" * 500
    assert not form.origin.shortened


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ({"attachments": [{"fallback": "Alert: disk full"}]}, "Alert: disk full"),
        ({"attachments": [7, {"text": "*Alert*"}]}, "Alert"),
        ({"files": [{"name": "report.pdf"}]}, "report.pdf"),
        ({}, ""),
    ],
)
def test_a_message_without_text_has_its_words_elsewhere(
    message: dict[str, object], subject: str
) -> None:
    assert form_from_message(payload(text="", **message)).values.subject == subject


@pytest.mark.parametrize("broken", [None, {}, {"message": "x", "channel": []}])
def test_a_broken_payload_opens_an_empty_form(broken: object) -> None:
    form = form_from_message(broken)

    assert form.values.subject == ""
    assert form.origin == Origin(via="message")


def test_a_permalink_needs_all_its_parts() -> None:
    assert permalink("", "C1", "1.2") == ""
    assert permalink("a/b", "C1", "1.2") == "https://a%2Fb.slack.com/archives/C1/p12"
