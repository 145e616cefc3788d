import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.from_message import form_from_message, mentions_of, permalink
from bot.form.values import Origin
from bot.slack import ids
from bot.slack.payloads import MessageShortcut


def payload(**message: object) -> MessageShortcut:
    return shortcut(
        {
            "team": {"id": "T1", "domain": "acme"},
            "channel": {"id": "C1", "name": "general"},
            "message_ts": "1355517523.000008",
            "message": {"ts": "1355517523.000008", "text": "hello", **message},
        }
    )


def shortcut(parts: dict[str, object]) -> MessageShortcut:
    needed = {"type": "message_action", "callback_id": ids.MESSAGE_SHORTCUT}
    return MessageShortcut.model_validate(needed | parts)


def test_a_message_becomes_the_subject_and_the_origin() -> None:
    form = form_from_message(payload(text="*Export* <https://a.example|hangs> &amp; <@U1> waits"))

    assert form.values.subject == "Export hangs & waits"
    assert form.origin == Origin(
        via="message",
        slack_channel_id="C1",
        message_ts="1355517523.000008",
        thread_ts="1355517523.000008",
        message_link="https://acme.slack.com/archives/C1/p1355517523000008",
    )


def test_the_origin_of_a_thread_reply_is_its_thread() -> None:
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
def test_without_text_the_subject_comes_from_attachments_or_files(
    message: dict[str, object], subject: str
) -> None:
    assert form_from_message(payload(text="", **message)).values.subject == subject


UUID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
NO_TEXT = "This content can't be displayed."
SECTION = {
    "type": "section",
    "text": {"type": "mrkdwn", "text": "*Disk full* on <https://db.example|db-1>"},
    "fields": [
        {"type": "mrkdwn", "text": "*Since*\n10:00"},
        {"type": "plain_text", "text": "R&amp;D"},
    ],
}
CONTEXT = {"type": "context", "elements": [{"type": "image"}, {"type": "mrkdwn", "text": "ops"}]}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "user", "user_id": "U1"},
                {"type": "text", "text": "1 < 2 & "},
                {"type": "link", "url": f"https://x.example/customers/{UUID}?a&b", "text": "she"},
                {"type": "text", "text": " and "},
                {"type": "link", "url": "https://y.example"},
                {"type": "emoji", "name": "tada"},
            ],
        },
        {
            "type": "rich_text_list",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                {"type": "rich_text_section", "elements": [{"type": "date", "fallback": "May"}]},
            ],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
    ],
}


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ({"blocks": [SECTION]}, "Disk full on db-1 Since 10:00 R&D"),
        ({"blocks": [{"type": "header", "text": {"text": "Alert"}}, CONTEXT]}, "Alert ops"),
        ({"blocks": [RICH]}, "1 < 2 & she and https://y.example:tada: one May quoted"),
        ({"blocks": [{"type": "markdown", "text": "**Alert**"}]}, "Alert"),
        ({"blocks": [{"type": "divider"}, 7], "attachments": [{"text": "Alert"}]}, "Alert"),
        ({"attachments": [{"fallback": "[no preview available]", "blocks": [CONTEXT]}]}, "ops"),
        (
            {
                "attachments": [
                    {"pretext": "New", "title": "Alert", "text": "*disk*", "fallback": "x"},
                    {"text": "full"},
                ]
            },
            "New Alert disk full",
        ),
        ({"attachments": [{"fallback": "[no preview available]"}], "files": [{"name": "a"}]}, "a"),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("text", ["", " ", NO_TEXT, "[no preview available]", None])
def test_the_subject_of_an_apps_message_comes_from_its_blocks_and_attachments(
    message: dict[str, object], subject: str, text: str | None
) -> None:
    assert form_from_message(payload(text=text, **message)).values.subject == subject


def test_a_message_with_text_ignores_its_blocks() -> None:
    assert form_from_message(payload(blocks=[SECTION])).values.subject == "hello"


def test_mentions_are_found_in_the_blocks_of_an_apps_message() -> None:
    mailed = {"type": "section", "text": {"text": "<mailto:a@b.example|a@b.example> waits"}}
    found = mentions_of(payload(text=NO_TEXT, attachments=[{"blocks": [RICH, mailed]}]))

    assert (found.ids, found.emails) == ((UUID,), ("a@b.example",))


TYPES = st.sampled_from(
    ["section", "header", "context", "markdown", "rich_text", "rich_text_list", "text", "link"]
)
NAMES = st.sampled_from(["type", "text", "fields", "elements", "blocks", "url", "title", "name"])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(ODD, ODD, ODD)
def test_any_message_is_read_without_an_error(
    blocks: object, attachments: object, files: object
) -> None:
    odd = payload(text="", blocks=blocks, attachments=attachments, files=files)

    assert len(form_from_message(odd).values.subject) <= 500
    assert mentions_of(odd).emails == ()


@pytest.mark.parametrize(
    "broken", [{}, {"message": None}, {"message": "x", "channel": [], "team": 7}]
)
def test_a_broken_payload_opens_an_empty_form(broken: dict[str, object]) -> None:
    form = form_from_message(shortcut(broken))

    assert form.values.subject == ""
    assert form.origin == Origin(via="message")


def test_a_permalink_needs_all_its_parts() -> None:
    assert permalink("", "C1", "1.2") == ""
    assert permalink("a/b", "C1", "1.2") == "https://a%2Fb.slack.com/archives/C1/p12"
