import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card.render import summary_card
from bot.directory import Named
from bot.form.values import Origin
from bot.slack.message import Message
from bot.weav.models import Conversation
from tests.slack.limits import NASTY, faults, texts
from tests.slack.payloads import ASSIGNEE, CUSTOMER

ID = "11111111-2222-3333-4444-555555555555"
FULL = Conversation(
    id=ID,
    channel="email",
    customer_id=CUSTOMER,
    subject="Export hangs",
    status="open",
    priority="urgent",
    assignee_type="agent",
    assignee_id=ASSIGNEE,
    created_at=datetime(2026, 11, 22, 8, 41, tzinfo=UTC),
)
COMMAND = Origin(via="command")


def draw(conversation: Conversation, *, link: str = "", note: str = "") -> Message:
    return summary_card(conversation, origin=COMMAND, slack_user_id="U1", link=link, note=note)


def drawn(card: Message) -> str:
    return json.dumps(card.blocks, ensure_ascii=False)


def fields(card: Message) -> list[str]:
    return [field["text"] for block in card.blocks for field in block.get("fields", [])]


def test_a_card_shows_what_was_opened() -> None:
    card = draw(FULL)

    assert fields(card) == [
        "*Priority*\n:red_circle: Urgent",
        "*Status*\n:large_green_circle: Open",
        "*Channel*\n:email: E-mail",
        f"*Assignee*\n:robot_face: An AI agent `{ASSIGNEE}`",
        f"*Customer*\n`{CUSTOMER}`",
        f"*Conversation*\n`{ID}`",
    ]
    assert card.blocks[0]["elements"][0]["elements"][0]["text"] == "Export hangs"


def test_a_card_names_whom_the_bot_knows_beside_their_ids() -> None:
    card = summary_card(
        FULL, origin=COMMAND, slack_user_id="U1", named=Named("Jane <Doe>", "Mail & more")
    )

    assert f"*Assignee*\n:robot_face: Mail &amp; more `{ASSIGNEE}`" in fields(card)
    assert f"*Customer*\nJane &lt;Doe&gt; `{CUSTOMER}`" in fields(card)
    assert f"Assignee: Mail &amp; more {ASSIGNEE} · Customer: Jane &lt;Doe&gt;" in card.text


def test_the_text_says_the_same_in_one_line() -> None:
    assert draw(FULL, note="It waited for Weav.").text == (
        "New Weav conversation: Export hangs · Priority: Urgent · Status: Open"
        f" · Channel: E-mail · Assignee: An AI agent {ASSIGNEE} · Customer: {CUSTOMER}"
        f" · Conversation: {ID} · It waited for Weav. · Opened by <@U1> with `/weav-conversation`"
        " · <!date^1795336860^{date_short_pretty} at {time}|2026-11-22 08:41 UTC>"
    )


def test_what_weav_left_open_is_left_out() -> None:
    card = draw(Conversation(id=ID))

    assert fields(card) == ["*Assignee*\nNobody", f"*Conversation*\n`{ID}`"]
    assert "No subject" in drawn(card)
    assert "!date" not in drawn(card)


def test_a_word_that_we_do_not_know_is_shown_as_it_is() -> None:
    card = draw(Conversation(id=ID, status="on_hold", priority="<b>", assignee_type="team"))

    assert fields(card)[:3] == ["*Priority*\n&lt;b&gt;", "*Status*\non_hold", "*Assignee*\nteam"]


@pytest.mark.parametrize(
    ("origin", "how"),
    [
        (COMMAND, "with `/weav-conversation`"),
        (Origin(via="shortcut"), "with the shortcut"),
        (
            Origin(via="message", message_link="https://a.example/p1"),
            "<https://a.example/p1|a message>",
        ),
        (Origin(via="message"), "from a message"),
    ],
)
def test_a_card_says_who_opened_it_and_how(origin: Origin, how: str) -> None:
    card = summary_card(FULL, origin=origin, slack_user_id="U1")

    history = card.blocks[-1]["elements"][0]["text"]
    assert history.startswith("Opened by <@U1> ")
    assert how in history
    assert how.replace("<https://a.example/p1|a message>", "a message") in card.text


def test_a_link_is_on_the_subject_and_below() -> None:
    card = draw(FULL, link="https://app.example/c/1?a=b")

    assert card.blocks[0]["elements"][0]["elements"][0]["url"] == "https://app.example/c/1?a=b"
    assert card.blocks[-1]["elements"][1]["text"] == "<https://app.example/c/1?a=b|Open in Weav>"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "app.example", "https://" + "x" * 3000])
def test_what_is_no_web_address_is_no_link(link: str) -> None:
    assert drawn(draw(FULL, link=link)) == drawn(draw(FULL))


def test_a_link_cannot_be_broken_out_of() -> None:
    assert "<https://a.example/%3E%7C%20|Open in Weav>" in drawn(
        draw(FULL, link="https://a.example/>| ")
    )


def test_spam_is_warned_of() -> None:
    card = draw(FULL.model_copy(update={"is_spam": True}))

    assert ":warning: Weav takes this conversation for spam." in drawn(card)
    assert "spam" in card.text
    assert "spam" not in drawn(draw(FULL))


@pytest.mark.parametrize("text", NASTY)
def test_text_from_outside_is_never_active_in_a_card(text: str) -> None:
    card = summary_card(
        Conversation(**dict.fromkeys(Conversation.model_fields, text) | {"id": f"i{text}"}),
        origin=COMMAND,
        slack_user_id="U1",
        named=Named(text, text),
        note=text,
    )

    active = [each["text"] for each in texts(card.blocks) if each["type"] == "mrkdwn"]
    for mrkdwn in [*active, card.text]:
        assert "<!channel>" not in mrkdwn
        assert "<@U1>" not in mrkdwn.replace("Opened by <@U1>", "")
        assert "https://evil" not in mrkdwn
    assert all(each["verbatim"] for each in texts(card.blocks) if each["type"] == "mrkdwn")


@pytest.mark.parametrize("text", NASTY)
def test_slack_takes_a_card_with_extreme_values(text: str) -> None:
    card = summary_card(
        Conversation(**dict.fromkeys(Conversation.model_fields, text) | {"id": f"i{text}"}),
        origin=Origin(via="message", message_link=f"https://{text}"),
        slack_user_id="U1",
        named=Named(text, text),
        link=f"https://{text}",
        note=text,
    )

    assert faults(card.blocks) == []
    assert len(card.text) <= 4000


@given(st.text(), st.text(), st.text())
def test_slack_takes_a_card_with_any_values(subject: str, word: str, note: str) -> None:
    card = draw(Conversation(id="x", subject=subject, status=word, customer_id=word), note=note)

    assert faults(card.blocks) == []
