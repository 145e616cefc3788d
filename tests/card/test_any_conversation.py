"""Slack accepts what the bot draws for any conversation that Weav may return."""

import json
from datetime import datetime, timedelta, timezone
from operator import mul
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from bot.access.audience import Audience
from bot.card.controls import CardSnapshot, Click, Field, RequestedChange
from bot.card.facts import CardFacts
from bot.card.history import (
    Change,
    opened_line,
    opened_line_in,
    overtaken_text,
    private_message,
)
from bot.card.render import Card, render
from bot.card.service import blocks_above
from bot.directory import ConversationNames
from bot.form.duplicates import (
    OpenConversation,
    duplicate_blocks,
    open_conversations_block,
)
from bot.form.form import Form
from bot.form.reply import Created, message_of, view_of
from bot.form.values import FilledForm, FormValues, Origin
from bot.form.view import render as render_form
from bot.home.status_report import Line, status_message
from bot.sandbox.slack.rules.surfaces import check_message, check_view
from bot.slack.blocks import Message
from bot.weav.models import Conversation
from tests.slack.limits import NASTY

UUID: Final = "11111111-2222-3333-4444-555555555555"
OTHERS: Final = Conversation.model_fields.keys() - {"id"}
DATES: Final = {name for name in OTHERS if name.endswith("_at")}
BEFORE_THE_FIRST: Final = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
ODD_DATES: Final = [
    "0001-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00-23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "9999-12-31T23:59:59",
    "1969-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z",
    "0000-00-00 00:00:00",
    -62135596800,
    253402300800,
    10**30,
    1e300,
]
WORDS: Final = ["email", "chat", "open", "closed", "urgent", "user", "agent", "", " ", UUID]


def is_id(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


def is_json_key(text: str) -> bool:
    """Tell whether pydantic can read and write it as a key in JSON."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


# The longest values, of a character that is escaped.
LONGEST: Final = Conversation.model_validate(dict.fromkeys(Conversation.model_fields, "&" * 600))

# Text may hold half a surrogate pair and control characters, and be very long.
characters = st.characters(exclude_categories=())
texts = st.one_of(
    st.sampled_from([*NASTY, *WORDS, "\ud800", "\0", "\x1b[31m", "\u2028", "\u200b"]),
    st.text(characters, max_size=50),
    st.builds(mul, st.text(characters, min_size=1, max_size=5), st.sampled_from([300, 20_000])),
)
values = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**4000),
    st.floats(),
    st.lists(texts, max_size=2),
    st.dictionaries(texts.filter(is_json_key), texts, max_size=2),
)
moments = st.one_of(
    st.sampled_from(ODD_DATES), values, st.datetimes(timezones=st.timezones()).map(str)
)
ids = st.one_of(st.just(UUID), st.integers(), texts.filter(is_id))
conversations = st.fixed_dictionaries(
    {"id": ids},
    optional={name: moments if name in DATES else values for name in [*OTHERS, "more"]},
).map(Conversation.read)
links = st.sampled_from(["", "https://weav.example/{id}", "https://weav.example/?id={id}&<|>"])


def as_stored(conversation: Conversation) -> Conversation:
    """Return it as the ledger would."""
    return Conversation.read(json.loads(json.dumps(conversation.model_dump(mode="json"))))


@given(conversations, links, texts, st.sampled_from([Audience.SHARED, Audience.HIDDEN]))
@example(Conversation(id=UUID, created_at=BEFORE_THE_FIRST), "", "", Audience.SHARED)
@example(LONGEST, "https://weav.example/{id}", "&" * 600, Audience.HIDDEN)
def test_slack_accepts_the_cards_of_any_conversation(
    conversation: Conversation, template: str, name: str, readers: Audience
) -> None:
    for each in (conversation, as_stored(conversation)):
        link = template.replace("{id}", each.id)
        full = full_card(each, link, name)
        check_slack_accepts(full)
        check_slack_accepts(render(Card(each, readers=readers, link=link)))
        check_slack_accepts(redrawn(each, full, link))


@given(conversations, links, st.sampled_from(["status", "priority", "assignee"]))
def test_slack_accepts_the_answer_to_an_overtaken_click(
    conversation: Conversation, template: str, field: Field
) -> None:
    link = template.replace("{id}", conversation.id)
    click = clicked(full_card(conversation, link, ""))

    check_slack_accepts(private_message(overtaken_text(field, conversation, None), click, link))


@given(st.lists(conversations, min_size=1, max_size=3), links, st.floats(0, 1e12), texts)
@example([LONGEST] * 3, f"https://weav.example/{'x' * 490}", 1e12, "&" * 600)
@example([Conversation(id=UUID, subject="\ud800")], "", 0.0, "")
def test_slack_accepts_a_list_of_open_conversations(
    several: list[Conversation], template: str, age: float, named: str
) -> None:
    listed = [OpenConversation(each, age, template.replace("{id}", each.id)) for each in several]
    block = open_conversations_block(listed, named)

    check_view(render_form(Form().with_blocks({"customer_conversations": block})))


@given(conversations, links)
def test_slack_accepts_a_form_and_a_status_with_a_duplicate(
    conversation: Conversation, template: str
) -> None:
    link = template.replace("{id}", conversation.id)
    already = duplicate_blocks("U1", 1.0, "opened", conversation.id, link)
    line = Line("Export hangs", "opened", "", 1.0, link, conversation.id)

    check_view(render_form(Form().with_blocks(already)))
    check_slack_accepts(status_message([line]))


@given(conversations)
def test_slack_accepts_the_modal_and_message_after_opening(conversation: Conversation) -> None:
    answer = Created(conversation)
    form = FilledForm(FormValues(post_to="C1"), Origin())

    check_view(view_of(answer, form))
    check_slack_accepts(message_of(answer, form))


def full_card(conversation: Conversation, link: str, name: str) -> Message:
    origin = Origin(via="message", message_link=link)
    facts = CardFacts(opened=opened_line(conversation, origin, "U1"), note=name)
    return render(Card(conversation, facts, named=ConversationNames(name, name), link=link))


def clicked(card: Message) -> Click:
    return Click(
        RequestedChange("status", "closed"),
        CardSnapshot(UUID, ("", "", "")),
        *("U1", "C1", "1.2", "", ""),
        card_blocks=tuple(card.blocks),
    )


def redrawn(conversation: Conversation, card: Message, link: str) -> Message:
    change = Change(slack_user_id="U1", field="status", value="closed", at=1.0)
    click = clicked(card)
    opened, above = opened_line_in(click.card_blocks), tuple(blocks_above(click))
    facts = CardFacts(opened=opened, above=above)
    return render(Card(conversation, facts, link=link, changes=[change] * 3, new=False))


def check_slack_accepts(card: Message) -> None:
    """Raise SlackError if Slack would refuse it."""
    check_message(card.text, card.blocks)
