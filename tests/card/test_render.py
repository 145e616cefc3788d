import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.audience import Audience
from bot.card.controls import Field
from bot.card.facts import CardFacts
from bot.card.history import Change, opened_line
from bot.card.render import Card, render
from bot.directory import ConversationNames
from bot.form.values import Origin
from bot.labels import CHANNELS
from bot.slack.blocks import Message
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


def opened(conversation: Conversation, origin: Origin = COMMAND, **more: Any) -> Card:  # noqa: ANN401
    facts = CardFacts(opened=opened_line(conversation, origin, "U1"), note=more.pop("note", ""))
    return Card(conversation, facts, **more)


def draw(conversation: Conversation, origin: Origin = COMMAND, **more: Any) -> Message:  # noqa: ANN401
    return render(opened(conversation, origin, **more))


def drawn(card: Message) -> str:
    return json.dumps(card.blocks, ensure_ascii=False)


def fields(card: Message) -> list[str]:
    return [field["text"] for block in card.blocks for field in block.get("fields", [])]


def small_print(card: Message) -> list[str]:
    contexts = [block for block in card.blocks if block["type"] == "context"]
    return [element["text"] for block in contexts for element in block["elements"]]


def test_a_card_says_first_what_a_support_person_needs() -> None:
    card = draw(FULL, named=ConversationNames("Jane Doe"))

    assert card.blocks[0]["elements"][0]["elements"][0]["text"] == "Export hangs"
    assert fields(card) == [
        "*Customer*\nJane Doe",
        "*Priority*\n:red_circle: Urgent",
        "*Status*\n:large_green_circle: Open",
        "*Assignee*\n:robot_face: An AI agent",
        f"*Channel*\n:email: {CHANNELS['email']}",
    ]


def test_ids_are_in_the_small_print_at_the_bottom() -> None:
    card = draw(FULL)

    assert small_print(card)[-3:] == [
        f"Customer ID `{CUSTOMER}`",
        f"Assignee ID `{ASSIGNEE}`",
        f"Conversation ID `{ID}`",
    ]
    assert not any(each in "".join(fields(card)) for each in (CUSTOMER, ASSIGNEE, ID))


def test_a_card_shows_the_names_that_the_bot_knows() -> None:
    card = draw(FULL, named=ConversationNames("Jane <Doe>", "Mail & more"))

    assert "*Customer*\nJane &lt;Doe&gt;" in fields(card)
    assert "*Assignee*\n:robot_face: Mail &amp; more" in fields(card)
    assert "Customer: Jane &lt;Doe&gt; · " in card.text
    assert "Assignee: Mail &amp; more · " in card.text


def test_without_a_name_only_the_customer_id_is_shown() -> None:
    card = draw(FULL)

    assert "Customer:" not in card.text
    assert not any("Customer" in field for field in fields(card))
    assert f"Customer ID: {CUSTOMER}" in card.text


def test_the_text_says_the_same_as_the_blocks_in_one_line() -> None:
    card = draw(FULL, named=ConversationNames("Jane Doe"), note="It waited for Weav.")

    assert card.text == (
        "New Weav conversation: Export hangs · Customer: Jane Doe · Priority: Urgent · Status: Open"
        f" · Assignee: An AI agent · Channel: {CHANNELS['email']} · It waited for Weav."
        " · Opened by <@U1> with `/weav-conversation`"
        " · <!date^1795336860^{date_short_pretty} at {time}|2026-11-22 08:41 UTC>"
        f" · Customer ID: {CUSTOMER} · Assignee ID: {ASSIGNEE} · Conversation ID: {ID}"
    )


def test_unset_fields_are_left_out() -> None:
    card = draw(Conversation(id=ID))

    assert fields(card) == ["*Assignee*\nUnassigned"]
    assert small_print(card)[-1] == f"Conversation ID `{ID}`"
    assert "No subject" in drawn(card)
    assert "!date" not in drawn(card)


def test_an_unknown_value_is_shown_as_it_is() -> None:
    card = draw(Conversation(id=ID, status="on_hold", priority="<b>", assignee_type="team"))

    assert fields(card) == ["*Priority*\n&lt;b&gt;", "*Status*\non_hold", "*Assignee*\nteam"]


def test_an_assignee_without_a_type_is_shown_by_id() -> None:
    assert fields(draw(Conversation(id=ID, assignee_id=ASSIGNEE))) == [f"*Assignee*\n{ASSIGNEE}"]


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
    card = draw(FULL, origin)

    line = small_print(card)[0]
    assert line.startswith("Opened by <@U1> ")
    assert how in line
    assert how.replace("<https://a.example/p1|a message>", "a message") in card.text


def test_the_subject_and_the_small_print_link_to_weav() -> None:
    card = draw(FULL, link="https://app.example/c/1?a=b")

    assert card.blocks[0]["elements"][0]["elements"][0]["url"] == "https://app.example/c/1?a=b"
    assert "<https://app.example/c/1?a=b|Open in Weav>" in small_print(card)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "app.example", "https://" + "x" * 3000])
def test_only_a_web_address_becomes_a_link(link: str) -> None:
    assert drawn(draw(FULL, link=link)) == drawn(draw(FULL))


def test_an_address_cannot_break_out_of_its_link() -> None:
    assert "<https://a.example/%3E%7C%20|Open in Weav>" in drawn(
        draw(FULL, link="https://a.example/>| ")
    )


def test_a_card_warns_of_spam() -> None:
    card = draw(FULL.model_copy(update={"is_spam": True}))

    assert ":warning: Weav marks this conversation as spam." in drawn(card)
    assert "spam" in card.text
    assert "spam" not in drawn(draw(FULL))


@pytest.mark.parametrize("text", NASTY)
def test_untrusted_text_is_never_active_in_a_card(text: str) -> None:
    nasty = Conversation(**dict.fromkeys(Conversation.model_fields, text) | {"id": f"i{text}"})
    card = draw(nasty, named=ConversationNames(text, text), note=text)

    active = [each["text"] for each in texts(card.blocks) if each["type"] == "mrkdwn"]
    for mrkdwn in [*active, card.text]:
        assert "<!channel>" not in mrkdwn
        assert "<@U1>" not in mrkdwn.replace("Opened by <@U1>", "")
        assert "https://evil" not in mrkdwn
    assert all(each["verbatim"] for each in texts(card.blocks) if each["type"] == "mrkdwn")


@pytest.mark.parametrize("text", NASTY)
def test_slack_accepts_a_card_with_extreme_values(text: str) -> None:
    nasty = Conversation(**dict.fromkeys(Conversation.model_fields, text) | {"id": f"i{text}"})
    url = f"https://{text}"
    card = draw(
        nasty,
        Origin(via="message", message_link=url),
        named=ConversationNames(text, text),
        link=url,
        note=text,
    )

    assert faults(card.blocks) == []
    assert len(card.text) <= 4000


def test_a_conversation_with_few_fields_is_not_taken_as_deleted() -> None:
    card = draw(Conversation.read({"id": FULL.id, "status": "open"}))

    assert "No subject" in drawn(card)
    assert "deleted" not in drawn(card)


@given(st.text(), st.text(), st.text())
def test_slack_accepts_a_card_with_any_values(subject: str, word: str, note: str) -> None:
    card = draw(Conversation(id="x", subject=subject, status=word, customer_id=word), note=note)

    assert faults(card.blocks) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("status", "closed", "Closed in Weav"),
        ("status", "open", "Reopened in Weav"),
        ("status", "deleted", "Deleted in Weav"),
        ("status", "<!channel>", "Status set to &lt;!channel&gt; in Weav"),
        ("priority", "urgent", "Priority set to Urgent in Weav"),
        ("assignee", f"user:{ASSIGNEE}", "Assigned in Weav"),
        ("assignee", "", "Unassigned in Weav"),
    ],
)
def test_changes_made_in_weav_are_listed_with_the_clicks(
    field: Field, value: str, said: str
) -> None:
    changes = [
        Change(slack_user_id="U1", field="priority", value="low", at=1.0),
        Change(field=field, value=value, at=2.0),
    ]

    card = draw(FULL, changes=changes)

    lines = next(text for text in small_print(card) if "Weav ·" in text).splitlines()
    assert lines[0].startswith(f"{said} · <!date^2^")
    assert lines[1].startswith("<@U1> set the priority to Low")
    assert lines[0] in card.text


@pytest.mark.parametrize("readers", [Audience.INSIDE, Audience.SHARED])
def test_a_deleted_conversation_has_a_card_without_buttons(readers: Audience) -> None:
    card = draw(FULL.model_copy(update={"status": "deleted"}), readers=readers)

    assert "Deleted" in drawn(card)
    assert "Deleted" in card.text
    assert [block for block in card.blocks if block["type"] == "actions"] == []
    assert faults(card.blocks) == []
