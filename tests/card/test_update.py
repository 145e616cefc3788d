import json
from typing import Any

import pytest

from bot.card.controls import CardSnapshot, Click, Field, RequestedChange
from bot.card.facts import CardFacts
from bot.card.history import (
    Change,
    HistoryLine,
    already_text,
    change_lines,
    last_change,
    opened_line_in,
    overtaken_text,
    private_message,
    read_changes,
    settle_changes,
    with_change,
)
from bot.card.render import Card, render
from bot.card.service import blocks_above
from bot.card.update import (
    AlreadySo,
    ChangeResult,
    Confirmed,
    Doubtful,
    LockLost,
    NotChanged,
    Overtaken,
    changes_after,
    compare,
    update_for,
)
from bot.directory import ConversationNames
from bot.sandbox.slack.rules.surfaces import check_message
from bot.settings import LONGEST_LINK
from bot.slack.blocks import Message
from bot.slack.text import escape
from bot.weav.existing_conversations import Update
from bot.weav.models import Conversation
from bot.weav.outcomes import LONGEST_REASON
from tests.card.test_render import FULL, draw, drawn, small_print
from tests.slack.limits import NASTY, faults
from tests.slack.payloads import ASSIGNEE, CUSTOMER

CLOSED = FULL.model_copy(update={"status": "closed"})
OLD_OPENED = (
    "Opened by <@U1> from <https://a.slack.com/archives/C1/p1|a message>"
    " · <!date^1795336860^{date_short_pretty} at {time}|2026-11-22 08:41 UTC>"
)
# A card of version 0.1.0, without its buttons.
OLD_CARD: list[dict[str, Any]] = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {
                        "type": "link",
                        "url": "https://weav.example/1",
                        "text": "Export hangs",
                        "style": {"bold": True},
                    }
                ],
            }
        ],
    },
    {
        "type": "section",
        "fields": [
            {"type": "mrkdwn", "text": "*Priority*\n:red_circle: Urgent", "verbatim": True},
            {"type": "mrkdwn", "text": f"*Customer*\nJane Doe `{CUSTOMER}`", "verbatim": True},
        ],
    },
    {
        "type": "actions",
        "block_id": f"weav_card|{FULL.id}|46236822c4791dd1|841332bb47321855|f9a8abab9973792f",
        "elements": [],
    },
    {
        "type": "context",
        "elements": [
            {"type": "mrkdwn", "text": OLD_OPENED, "verbatim": True},
            {
                "type": "mrkdwn",
                "text": "<https://weav.example/1|Open in Weav>",
                "verbatim": True,
            },
        ],
        "block_id": "weav_card_history",
    },
]
MOMENT = "<!date^1795336860^{date_short_pretty} at {time}|2026-11-22 08:41 UTC>"


def change(field: Field = "status", value: str = "closed", who: str = "U2") -> Change:
    return Change(slack_user_id=who, field=field, value=value, at=1795336860)


def click(*blocks: object) -> Click:
    shown = CardSnapshot.of(FULL)
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
    assert done.line == f"<@U2> {said} · {MOMENT}"


def test_a_card_has_the_last_three_the_newest_first() -> None:
    changes = [change("priority", value) for value in ("low", "normal", "high", "urgent")]

    lines = change_lines(changes)

    assert [line.split(" · ")[0] for line in lines] == [
        "<@U2> set the priority to Urgent",
        "<@U2> set the priority to High",
        "<@U2> set the priority to Normal",
    ]


def test_the_history_can_be_stored_and_has_a_limit() -> None:
    changes: tuple[HistoryLine, ...] = ()
    for value in [*["open", "closed"] * 10, "open"]:
        changes = with_change(changes, change(value=value))

    noted = json.loads(json.dumps([each.model_dump() for each in changes]))

    assert read_changes(noted) == changes
    assert len(changes) == 10
    assert changes[-1] == change(value="open")


def test_unknown_entries_of_a_newer_release_are_skipped() -> None:
    assert read_changes([{"field": "tags"}, 3, change().model_dump()]) == (change(),)


def test_the_latest_change_explains_a_value() -> None:
    changes = [change(who="U1"), change(value="open", who="U2"), change(who="U3")]

    maker = last_change(changes, CLOSED, "status")

    assert maker
    assert maker.slack_user_id == "U3"


def test_a_change_made_elsewhere_has_no_author_here() -> None:
    assert last_change([change(value="open")], CLOSED, "status") is None
    assert last_change([], CLOSED, "priority") is None


@pytest.mark.parametrize(
    ("field", "now"),
    [
        ("status", "Its status is Closed now."),
        ("priority", "Its priority is Urgent now."),
        ("assignee", "It has another assignee."),
    ],
)
def test_an_overtaken_click_is_told_what_the_first_one_did(field: Field, now: str) -> None:
    assert overtaken_text(field, CLOSED, change()).startswith("<@U2> closed it")
    assert now in overtaken_text(field, CLOSED, None)
    assert "It is unassigned now." in overtaken_text("assignee", Conversation(id="x"), None)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (change("status", "closed"), "It is closed already."),
        (change("status", "open"), "It is open already."),
        (change("priority", "high"), "Its priority is High already."),
        (change("assignee", "user:x"), "It is assigned to you already."),
    ],
)
def test_a_click_that_changes_nothing_is_told_so(wanted: Change, said: str) -> None:
    assert already_text(wanted, None) == said
    assert "<@U2> closed it" in already_text(wanted, change())


@pytest.mark.parametrize("text", NASTY)
def test_values_from_weav_are_never_active(text: str) -> None:
    nasty = Conversation(id="x", status=text, priority=text, assignee_id=text)
    fields: list[Field] = ["status", "priority", "assignee"]

    for field in fields:
        overtaken = overtaken_text(field, nasty, None)
        said = private_message(overtaken, click(*draw(nasty).blocks), text)
        assert "<!channel>" not in said.text
        assert "<@U1>" not in said.text
        assert faults(said.blocks) == []


def test_slack_accepts_an_answer_with_the_longest_link_and_reason() -> None:
    link = f"https://weav.example/{'x' * LONGEST_LINK}"[:LONGEST_LINK]
    subject = FULL.model_copy(update={"subject": "&" * 500})

    told = private_message(escape("&" * LONGEST_REASON), click(*draw(subject).blocks), link)

    check_message(told.text, told.blocks)


def test_the_answer_to_a_click_names_the_conversation_as_the_card_does() -> None:
    titled = private_message("So it is.", click(*draw(FULL).blocks), "")
    untitled = private_message("So it is.", click(), "")

    assert titled.text == "Export hangs: So it is."
    assert untitled.text == f"`{FULL.id}`: So it is."
    leading = private_message("So it is.", click(*draw(FULL).blocks), "https://weav.example/1")
    assert leading.text == "<https://weav.example/1|Export hangs>: So it is."


@pytest.mark.parametrize(
    "blocks",
    [[None, 3], [{"type": "rich_text"}], [{"type": "rich_text", "elements": [{"elements": []}]}]],
)
def test_a_card_of_another_shape_has_no_subject(blocks: list[object]) -> None:
    assert click(*blocks).subject == ""


def redrawn_card(conversation: Conversation, clicked: Click, **more: Any) -> Message:  # noqa: ANN401
    """Redraw a card whose row the ledger has forgotten."""
    opened = more.pop("opened", opened_line_in(clicked.card_blocks))
    facts = CardFacts(opened=opened, above=tuple(blocks_above(clicked)))
    return render(Card(conversation, facts, new=False, **more))


def test_a_redrawn_card_has_its_changes_its_origin_and_its_buttons() -> None:
    card = redrawn_card(CLOSED, click(), changes=[change()], opened="Opened by <@U1>")

    assert f"<@U2> closed it · {MOMENT}" in small_print(card)
    assert "Opened by <@U1>" in small_print(card)
    assert "Reopen" in drawn(card)
    assert card.text.startswith("Weav conversation: Export hangs · ")
    assert "<@U2> closed it" in card.text


def test_the_opened_line_is_read_from_the_card_itself() -> None:
    first = draw(FULL)
    assert opened_line_in(first.blocks).startswith("Opened by <@U1> with ")

    second = redrawn_card(CLOSED, click(*first.blocks))

    assert opened_line_in(second.blocks) == opened_line_in(first.blocks)


def test_a_card_of_version_0_1_0_is_redrawn_without_losing_anything() -> None:
    [loaded] = [
        CardSnapshot.load(block["block_id"]) for block in OLD_CARD if block["type"] == "actions"
    ]
    above = {"type": "section", "text": {"type": "mrkdwn", "text": "Could not be posted."}}
    clicked = click(above, *OLD_CARD)

    card = redrawn_card(CLOSED, clicked, changes=[change()], named=ConversationNames("Jane Doe"))

    assert loaded
    assert loaded.shows(FULL, "priority")
    assert clicked.subject == "Export hangs"
    assert small_print(card)[1:3] == [OLD_OPENED, f"Customer ID `{CUSTOMER}`"]
    assert "a message" in card.text
    assert "https://" not in card.text
    assert card.blocks[0] == above
    assert len(card.blocks) == 7


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
def test_a_card_without_an_opened_line_gives_none(blocks: list[object]) -> None:
    assert opened_line_in(blocks) == ""


def test_blocks_above_a_card_stay_there_and_in_its_text() -> None:
    above = {"type": "section", "text": {"type": "mrkdwn", "text": "Could not be posted."}}

    second = redrawn_card(CLOSED, click(above, *draw(FULL).blocks))

    assert second.blocks[0] == above
    assert second.blocks.count(above) == 1
    assert second.text.startswith("Could not be posted. Weav conversation: ")


def test_a_long_block_above_a_card_is_left_out_of_the_text() -> None:
    above = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3900}}

    second = redrawn_card(CLOSED, click(above, *draw(FULL).blocks))

    assert second.blocks[0] == above
    assert second.text.startswith("Weav conversation: ")


def test_blocks_of_a_message_that_is_no_card_are_dropped() -> None:
    other = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}

    assert other not in redrawn_card(CLOSED, click(other)).blocks


@pytest.mark.parametrize("text", NASTY)
def test_slack_accepts_a_redrawn_card_with_extreme_values(text: str) -> None:
    nasty = Conversation(**dict.fromkeys(Conversation.model_fields, text) | {"id": FULL.id})

    card = redrawn_card(
        nasty,
        click(),
        changes=[change("priority", text)] * 3,
        opened="Opened by <@U1>",
        named=ConversationNames(text, text),
    )

    assert faults(card.blocks) == []
    assert len(card.text) <= 4000


@pytest.mark.parametrize(
    ("now", "wanted", "expected"),
    [
        (FULL, change(), None),
        (CLOSED, change(), AlreadySo(CLOSED)),
        (CLOSED, change(value="open"), Overtaken(CLOSED)),
        (CLOSED, change("priority", "low"), None),
    ],
)
def test_a_click_counts_while_its_field_is_what_the_card_says(
    now: Conversation, wanted: Change, expected: object
) -> None:
    shown = CardSnapshot.of(FULL)

    assert shown
    assert compare(now, wanted, shown) == expected


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        (change(), {"status": "closed"}),
        (change("priority", "low"), {"priority": "low"}),
        (change("assignee", "user:7"), {"assignee_type": "user", "assignee_id": "7"}),
    ],
)
def test_an_update_changes_one_field_and_keeps_the_others(
    wanted: Change, written: dict[str, str]
) -> None:
    read = Update(subject="Export hangs", status="open", priority="urgent", assignee_id="8")

    assert update_for(wanted, read) == read.model_copy(update=written)


UNDER_WAY = change(who="U1").model_copy(update={"under_way": True})


@pytest.mark.parametrize(
    ("result", "known"),
    [
        (Confirmed(CLOSED), [change(who="U2")]),
        (AlreadySo(CLOSED), [change(who="U1")]),
        (Overtaken(FULL), []),
        (Doubtful("Lost.", CLOSED), [change(who="U1")]),
        (Doubtful("Lost.", None), [UNDER_WAY]),
        (NotChanged("Refused."), [UNDER_WAY]),
        (LockLost(), [UNDER_WAY]),
    ],
)
def test_a_change_under_way_is_confirmed_once_weav_shows_it(
    result: ChangeResult, known: list[Change]
) -> None:
    assert list(changes_after([UNDER_WAY], change(), result)) == known


def test_a_change_under_way_in_another_field_can_be_confirmed() -> None:
    urgent = change("priority", "urgent").model_copy(update={"under_way": True})

    assert settle_changes([urgent], CLOSED, "status") == (change("priority", "urgent"),)
