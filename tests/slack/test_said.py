"""A message's top-level text, which screen readers read, has everything that its blocks show."""

import json
from itertools import product

import pytest

from bot.access.audience import Audience
from bot.access.refusals import post_to_message, refusal_message
from bot.access.rules import Denial
from bot.card.history import overtaken_text, private_message
from bot.card.post import POST_ERRORS, _for_author
from bot.card.render import Card, render
from bot.check.findings import Finding
from bot.check.findings import Level as Checked
from bot.check.report import as_message
from bot.form.reply import (
    FORM_EXPIRED,
    NotConfirmed,
    message_of,
    not_confirmed_buttons,
    reopen_button,
    reopen_message,
)
from bot.form.values import FilledForm, FormValues, Origin, Place
from bot.home.status_report import Line, status_message
from bot.labels import STATES
from bot.ledger import State
from bot.slack import ids
from bot.slack.api import Failed
from bot.slack.blocks import Message, plain_message
from handlers.commands import usage_message
from tests.card.test_any_conversation import clicked, full_card, redrawn
from tests.card.test_render import FULL
from tests.complete_text import LONGEST_TEXT, missing_words
from tests.slack.limits import NASTY

LINK = "https://weav.example/conversations/1"
MOST_BLOCKS = 10_000
LAST_ID = 10**18 - 1
GIVEN_BACK = (State.REFUSED, State.EXPIRED, State.LEFT)
AMPERSANDS = "&" * 600


def section(text: str, kind: str = "mrkdwn") -> dict[str, object]:
    return {"type": "section", "text": {"type": kind, "text": text}}


@pytest.mark.parametrize(
    ("text", "block", "words"),
    [
        ("Help", section("*Help* for _you_"), ["for", "you"]),
        ("EXPORT hangs r&amp;d", section("*Export* hangs :x: R&amp;D"), []),
        ("a.\u2060b \u2217c", section("a.b *c", "plain_text"), []),
        ("Help", section("Help · <https://weav.example|Open in Weav>"), []),
        ("Help", section("Help <https://weav.example|here>"), ["here"]),
        ("Help", {"type": "actions", "elements": [{"type": "button", "text": "Click"}]}, []),
        (f"Subject: {'word ' * 20}wor… · more", section("word " * 50 + "last"), []),
        ("Subject: word… · more", section("word " * 50 + "last"), ["last"]),
        (f"More… · {'word ' * 30}", section("word " * 50 + "last"), ["last"]),
    ],
)
def test_words_that_are_only_in_the_blocks_are_found(
    text: str, block: dict[str, object], words: list[str]
) -> None:
    assert missing_words(text, [block]) == words


def all_messages(text: str) -> list[Message]:
    form = FilledForm(FormValues(**dict.fromkeys(ids.FIELDS, text)), Origin(via="command"))
    findings = [
        Finding(f"Point {number}", state, text, text) for number, state in enumerate([*Checked] * 3)
    ]
    states = sorted(set(STATES.values()))
    lines = [Line(text, state, text, 1.0, LINK, text, text) for state in states]
    conversation = FULL.model_copy(update={"subject": text})
    card = full_card(conversation, LINK, text)
    failures = [Failed("no_answer", certain=False), *map(Failed, [*POST_ERRORS, "other"])]
    moved = [render(_for_author(Card(conversation), Place("C1"), each)) for each in failures]
    click = clicked(card)
    return [
        usage_message(),
        plain_message(text, LINK),
        reopen_message(FORM_EXPIRED, form),
        reopen_message(text, form),
        message_of(NotConfirmed(text, 7), form),
        as_message(findings),
        status_message([]),
        status_message(lines),
        card,
        *moved,
        *(redrawn(FULL, each, LINK) for each in [card, *moved]),
        *(
            render(Card(FULL, readers=readers, link=LINK))
            for readers in (Audience.SHARED, Audience.HIDDEN)
        ),
        *(refusal_message(why, admins) for why, admins in product(Denial, [[], ["U1", "U2"]])),
        post_to_message("C1", ["U1"]),
        private_message(overtaken_text("status", FULL, None), click, LINK),
    ]


@pytest.mark.parametrize(
    "text", ["Export hangs. Ask R&D about it, 3 > 2", *NASTY, AMPERSANDS, "&" * 3000]
)
def test_the_text_of_every_message_says_what_its_blocks_say(text: str) -> None:
    lacking = [missing_words(card.text, card.blocks) for card in all_messages(text)]

    assert lacking == [[]] * len(lacking)


@pytest.mark.parametrize("text", ["Export hangs", *NASTY, AMPERSANDS, "&" * 3000])
def test_no_text_is_too_long(text: str) -> None:
    assert max(len(card.text) for card in all_messages(text)) <= LONGEST_TEXT


def test_the_help_is_read_aloud() -> None:
    assert (
        "`/weav-conversation defaults`: the values that forms from this channel"
        in usage_message().text
    )


def test_the_findings_are_read_aloud_without_their_emoji() -> None:
    failed = Finding("Weav token", Checked.FAILED, "it is not accepted", "Make a new one.")

    text = as_message([failed]).text

    assert "failed: Weav token: it is not accepted\n→ Make a new one." in text
    assert ":x:" not in text


def length(card: Message) -> int:
    """The length of everything in the blocks: texts, values of buttons, and keys."""
    return len(json.dumps(card.blocks, ensure_ascii=False, separators=(",", ":")))


def largest(state: State, text: str, link: str) -> Line:
    """The largest line of the status report for a row in this state."""
    why = text if state in {State.REFUSED, State.EXPIRED} else ""
    opened = state in {State.OPENED, State.ANNOUNCED}
    ways_on = [reopen_button(LAST_ID)] if state in {*GIVEN_BACK} else []
    if state is State.UNCONFIRMED:
        ways_on = not_confirmed_buttons(LAST_ID)
    named = (link, "x" * 40, text) if opened else ("", "", "")
    return Line(text, STATES[state], why, 1e9, *named, ways_on)


@pytest.mark.parametrize("text", [AMPERSANDS, "🎉" * 500, "\x1b" * 500, "Export hangs " * 40])
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("link", ["", f"https://weav.example/{'x' * 1400}"])
def test_ten_of_the_largest_submissions_are_short_enough_for_slack(
    text: str, state: State, link: str
) -> None:
    drawn = status_message([largest(state, text, link)] * 10)

    assert length(drawn) < MOST_BLOCKS
    assert len(drawn.text) <= LONGEST_TEXT
    assert missing_words(drawn.text, drawn.blocks) == []


def test_ten_not_confirmed_submissions_are_told_apart() -> None:
    line = largest(State.UNCONFIRMED, "The export of the monthly report hangs at 99 %", "")

    assert "The export of the monthly report hangs at 99 %: not confirmed" in (
        status_message([line] * 10).text
    )


def test_ten_usual_submissions_are_shown_whole() -> None:
    text = "The export of the monthly report hangs at 99 % and never ends, says the customer"
    line = Line(text, STATES[State.REFUSED], text, 1e9, "", "", "", [reopen_button(12_345)])

    assert "…" not in status_message([line] * 10).text


@pytest.mark.parametrize("text", [AMPERSANDS, "Export hangs " * 40])
def test_very_long_findings_are_short_enough_for_slack(text: str) -> None:
    drawn = as_message([Finding("Slack optional scopes", Checked.NOTE, text, text)] * 13)

    assert length(drawn) < MOST_BLOCKS
    assert len(drawn.text) <= LONGEST_TEXT
