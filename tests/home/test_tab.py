"""The drawn home tab: its parts, and that Slack accepts the largest one."""

import json
from dataclasses import fields
from typing import Any, Final

import pytest

from bot.check.checks import POINTS
from bot.check.findings import failed
from bot.check.report import as_message
from bot.home.tab import (
    MOST_OPEN,
    MOST_WAITING,
    Check,
    HomeContent,
    home_tab,
    home_tab_without_database,
    installation,
)
from bot.ledger import Entry, State
from bot.ledger.entry import as_json
from bot.sandbox.slack import home_problems
from bot.slack import blocks
from bot.slack.text import escape
from tests.slack.limits import NASTY

NOTHING: Final[dict[str, Any]] = {each.name: None for each in fields(Entry)}
LINK: Final = "https://weav.example/conversations/{id}"


def entry(id_: int, state: State, subject: str = "Export hangs", **columns: Any) -> Entry:  # noqa: ANN401
    request = {"subject": subject, "channel": "email"}
    told = {"request_json": as_json(request), "form_json": "{}", "received_at": 1e9}
    return Entry(**NOTHING | told | {"id": id_, "state": state, **columns})


def opened(id_: int, **facts: Any) -> Entry:  # noqa: ANN401
    conversation = {"id": f"C-{id_}", "subject": "Export hangs", "status": "open", **facts}
    return entry(
        id_,
        State.ANNOUNCED,
        conversation_id=f"C-{id_}",
        conversation_json=as_json(conversation),
        slack_channel_id="C0SUPPORT",
    )


def link_to(id_: str) -> str:
    return LINK.replace("{id}", id_)


def drawn(content: HomeContent) -> list[dict[str, Any]]:
    view = blocks.home_tab(home_tab(content, link_to))
    assert home_problems(view) == []
    return list(view["blocks"])


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [block["text"]["text"] for block in found if "text" in block]


def labels(found: list[dict[str, Any]]) -> list[str]:
    rows = [block["elements"] for block in found if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row]


def test_an_empty_tab_has_no_waiting_part() -> None:
    found = drawn(HomeContent())

    assert [block["type"] for block in found] == [
        "actions",
        "header",
        "section",
        "header",
        "section",
    ]
    assert "Waiting for you" not in texts(found)


def test_waiting_submissions_come_first_and_have_their_buttons_once() -> None:
    lost = entry(1, State.UNCONFIRMED, reason="No answer came.")

    found = drawn(HomeContent(waiting=[lost], latest=[lost]))

    assert texts(found)[0] == "Waiting for you"
    assert texts(found)[1].startswith("Export hangs: not confirmed · No answer came. · ")
    assert labels(found) == ["New conversation", "Look again", "Create again", "Leave it"]


def test_an_open_conversation_shows_its_state_and_where_its_card_is() -> None:
    created = "2026-01-02T03:04:05Z"
    one = opened(7, priority="urgent", channel="chat", created_at=created)

    [said] = [text for text in texts(drawn(HomeContent(open=[one]))) if "Urgent" in text]

    assert said == (
        "*<https://weav.example/conversations/C-7|Export hangs>*\n"
        ":red_circle: Urgent · :large_green_circle: Open"
        " · <!date^1767323045^opened {ago}|2026-01-02 03:04 UTC>"
        " · :speech_balloon: Chat · <#C0SUPPORT>"
    )


def test_unknown_facts_are_left_out_and_the_id_replaces_a_missing_link() -> None:
    one = opened(7, subject=None, priority="blocker", is_spam=None)

    view = blocks.home_tab(home_tab(HomeContent(open=[one]), lambda _: ""))

    [said] = [text for text in texts(view["blocks"]) if "blocker" in text]
    assert said.startswith("*No subject*\nblocker · :large_green_circle: Open · <!date^1000000000^")
    assert said.endswith(" · <#C0SUPPORT> · `C-7`")


@pytest.mark.parametrize("text", [*NASTY, "&" * 500, "🎉" * 500, "\x1b" * 500])
def test_slack_accepts_the_largest_tab(text: str) -> None:
    long = f"https://weav.example/{'x' * 1400}"
    words = ("subject", "priority", "channel", "assignee_id", "assignee_type")
    one = opened(1, **dict.fromkeys(words, text))
    lost = [entry(id_, State.UNCONFIRMED, text, reason=text) for id_ in range(MOST_WAITING + 1)]
    left = [entry(100 + id_, State.LEFT, text) for id_ in range(10)]
    found = [failed(point, text * 3, text * 3) for point in ("Settings", *POINTS)]
    content = HomeContent(waiting=lost, open=[one] * (MOST_OPEN + 1), latest=left)

    view = blocks.home_tab(
        [
            *home_tab(content, lambda _: long),
            *installation(Check(as_message(found), 1e9)),
        ]
    )

    assert home_problems(view) == []
    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view).encode()) < 250_000


def test_a_list_that_is_cut_says_so() -> None:
    lost = [entry(id_, State.UNCONFIRMED) for id_ in range(MOST_WAITING + 1)]

    found = drawn(HomeContent(waiting=lost, open=[opened(1)] * (MOST_OPEN + 1)))

    notes = [block["elements"][0]["text"] for block in found if block["type"] == "context"]
    assert notes == [
        f"There are more: these are the newest {MOST_WAITING}.",
        f"There are more: these are the newest {MOST_OPEN}.",
    ]
    exactly = drawn(HomeContent(waiting=lost[1:], open=[opened(1)] * MOST_OPEN))
    assert [block for block in exactly if block["type"] == "context"] == []


@pytest.mark.parametrize("text", NASTY)
def test_untrusted_text_is_escaped_everywhere(text: str) -> None:
    facts = dict.fromkeys(("subject", "priority", "channel"), text)
    content = HomeContent(
        waiting=[entry(1, State.REFUSED, text, reason=text)],
        open=[opened(2, **facts)],
        latest=[entry(3, State.QUEUED, text)],
    )

    said = "\n".join(texts(drawn(content)))

    if escape(text) != text:
        assert text not in said


def test_without_the_database_the_form_can_still_be_opened() -> None:
    view = blocks.home_tab(home_tab_without_database())

    assert home_problems(view) == []
    assert labels(view["blocks"]) == ["New conversation"]


def test_a_running_check_is_announced() -> None:
    assert texts(installation(None)) == ["This installation", "Checking this installation…"]
