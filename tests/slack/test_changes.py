import json

import pytest

from bot.card.controls import Click, Field, RequestedChange, Shown
from bot.card.history import (
    Change,
    already_note,
    change_lines,
    maker_of,
    note,
    overtaken_note,
    read_changes,
    with_change,
)
from bot.card.update import history_in, redrawn_card
from bot.directory import Named
from bot.form.values import Origin
from bot.sandbox.slack.rules.surfaces import check_message
from bot.settings import LONGEST_LINK
from bot.slack.text import escape
from bot.weav.models import Conversation
from bot.weav.outcomes import LONGEST_REASON
from tests.slack.limits import NASTY, faults
from tests.slack.payloads import ASSIGNEE
from tests.slack.test_cards import FULL, draw, drawn

CLOSED = FULL.model_copy(update={"status": "closed"})
MOMENT = "<!date^1795336860^{date_short_pretty} at {time}|2026-11-22 08:41 UTC>"


def change(field: Field = "status", value: str = "closed", who: str = "U2") -> Change:
    return Change(slack_user_id=who, field=field, value=value, at=1795336860)


def click(*blocks: object) -> Click:
    shown = Shown.of(FULL)
    assert shown
    return Click(
        requested=RequestedChange("status", "closed"),
        shown=shown,
        slack_user_id="U2",
        slack_channel_id="C1",
        message_ts="1.2",
        thread_ts="",
        response_url="",
        card_blocks=blocks,
    )


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (change(), "closed it"),
        (change(value="open"), "reopened it"),
        (change("assignee", f"user:{ASSIGNEE}"), "took it"),
        (change("priority", "high"), "set the priority to High"),
        (change("priority", "<b>"), "set the priority to &lt;b&gt;"),
    ],
)
def test_a_change_says_who_did_what_and_when(done: Change, said: str) -> None:
    assert done.said == f"<@U2> {said} · {MOMENT}"


def test_a_card_has_the_last_three_the_newest_first() -> None:
    changes = [change("priority", value) for value in ("low", "normal", "high", "urgent")]

    lines = change_lines(changes)

    assert [line.split(" · ")[0] for line in lines] == [
        "<@U2> set the priority to Urgent",
        "<@U2> set the priority to High",
        "<@U2> set the priority to Normal",
    ]


def test_what_is_noted_can_be_read_and_does_not_grow() -> None:
    changes: tuple[Change, ...] = ()
    for value in [*["open", "closed"] * 10, "open"]:
        changes = with_change(changes, change(value=value))

    noted = json.loads(json.dumps([each.model_dump() for each in changes]))

    assert read_changes(noted) == changes
    assert len(changes) == 10
    assert changes[-1].value == "open"


def test_what_a_newer_release_noted_is_passed_over() -> None:
    assert read_changes([{"field": "tags"}, 3, change().model_dump()]) == (change(),)


def test_who_made_it_so_is_the_last_one_who_did() -> None:
    changes = [change(who="U1"), change(value="open", who="U2"), change(who="U3")]

    maker = maker_of(changes, CLOSED, "status")

    assert maker
    assert maker.slack_user_id == "U3"


def test_what_was_changed_elsewhere_was_made_by_nobody_here() -> None:
    assert maker_of([change(value="open")], CLOSED, "status") is None
    assert maker_of([], CLOSED, "priority") is None


@pytest.mark.parametrize(
    ("field", "now"),
    [
        ("status", "Its status is Closed now."),
        ("priority", "Its priority is Urgent now."),
        ("assignee", "It has another assignee."),
    ],
)
def test_the_second_one_is_told_what_the_first_one_did(field: Field, now: str) -> None:
    requested = RequestedChange(field, "whatever")

    assert overtaken_note(requested, CLOSED, change()).startswith("<@U2> closed it")
    assert now in overtaken_note(requested, CLOSED, None)
    assert "Nobody has it now" in overtaken_note(
        RequestedChange("assignee", ""), Conversation(id="x"), None
    )


@pytest.mark.parametrize(
    ("requested", "said"),
    [
        (RequestedChange("status", "closed"), "It is closed already."),
        (RequestedChange("status", "open"), "It is open already."),
        (RequestedChange("priority", "high"), "It has the priority High already."),
        (RequestedChange("assignee", "user:x"), "It is assigned to you already."),
    ],
)
def test_what_was_so_already_is_said(requested: RequestedChange, said: str) -> None:
    assert already_note(requested, None) == said
    assert "<@U2> closed it" in already_note(requested, change())


@pytest.mark.parametrize("text", NASTY)
def test_words_of_weavs_own_are_never_active(text: str) -> None:
    nasty = Conversation(id="x", status=text, priority=text, assignee_id=text)

    for field in ("status", "priority", "assignee"):
        said = note(
            overtaken_note(RequestedChange(field, "x"), nasty, None),
            click(*draw(nasty).blocks),
            text,
        )
        assert "<!channel>" not in said.text
        assert "<@U1>" not in said.text
        assert faults(said.blocks) == []


def test_slack_takes_a_note_with_the_longest_link_and_reason() -> None:
    link = f"https://weav.example/{'x' * LONGEST_LINK}"[:LONGEST_LINK]
    subject = FULL.model_copy(update={"subject": "&" * 500})

    told = note(escape("&" * LONGEST_REASON), click(*draw(subject).blocks), link)

    check_message(told.text, told.blocks)


def test_a_note_names_the_conversation_as_its_card_does() -> None:
    [titled, untitled] = [
        note("So it is.", click(*blocks), "") for blocks in (draw(FULL).blocks, [])
    ]

    assert titled.text == "Export hangs: So it is."
    assert untitled.text == f"`{FULL.id}`: So it is."
    leading = note("So it is.", click(*draw(FULL).blocks), "https://weav.example/1")
    assert leading.text == "<https://weav.example/1|Export hangs>: So it is."


@pytest.mark.parametrize(
    "blocks",
    [[None, 3], [{"type": "rich_text"}], [{"type": "rich_text", "elements": [{"elements": []}]}]],
)
def test_a_card_of_another_shape_has_no_subject(blocks: list[object]) -> None:
    assert click(*blocks).subject == ""


def test_a_card_is_redrawn_with_its_lines_its_history_and_its_buttons() -> None:
    card = redrawn_card(CLOSED, click(), [change()], history="Opened by <@U1>", link="", note="")

    assert f"<@U2> closed it · {MOMENT}" in drawn(card)
    assert "Opened by <@U1>" in drawn(card)
    assert "Reopen" in drawn(card)
    assert card.text.startswith("Weav conversation: Export hangs · ")
    assert "<@U2> closed it" in card.text


def test_what_the_ledger_has_forgotten_is_read_from_the_card_itself() -> None:
    origin = Origin(via="message", message_link="https://a.example/p1")
    first = draw(FULL)
    assert history_in(first.blocks).startswith("Opened by <@U1> with ")

    again = redrawn_card(CLOSED, click(*first.blocks), [], history="", link="", note="")

    assert history_in(again.blocks) == history_in(first.blocks)
    assert origin.message_link not in again.text


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [None, 3, "x"],
        [{"block_id": "weav_card_history"}],
        [{"block_id": "weav_card_history", "elements": []}],
        [{"block_id": "weav_card_history", "elements": [{"text": "<url|Open in Weav>"}]}],
    ],
)
def test_a_card_that_does_not_say_who_opened_it_has_no_history(blocks: list[object]) -> None:
    assert history_in(blocks) == ""


def test_what_stands_above_a_card_stays_there() -> None:
    above = {"type": "section", "text": {"type": "mrkdwn", "text": "Could not be posted."}}
    first = draw(FULL)

    again = redrawn_card(CLOSED, click(above, *first.blocks), [], history="", link="", note="")

    assert again.blocks[0] == above
    assert len([block for block in again.blocks if block == above]) == 1


def test_nothing_is_kept_of_a_message_that_is_no_card() -> None:
    other = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}

    again = redrawn_card(CLOSED, click(other), [], history="", link="", note="")

    assert other not in again.blocks


@pytest.mark.parametrize("text", NASTY)
def test_slack_takes_a_redrawn_card_with_extreme_values(text: str) -> None:
    nasty = Conversation(**dict.fromkeys(Conversation.model_fields, text) | {"id": FULL.id})
    changes = [change("priority", text)] * 3

    card = redrawn_card(
        nasty,
        click(),
        changes,
        history="Opened by <@U1>",
        named=Named(text, text),
        link="",
        note="",
    )

    assert faults(card.blocks) == []
    assert len(card.text) <= 4000
