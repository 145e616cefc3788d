"""Real payloads of every kind, and ways to damage them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hypothesis import strategies as st

from bot.card.facts import CardFacts
from bot.card.history import opened_line
from bot.card.render import Card, render
from bot.form.form import Form
from bot.form.reply import (
    NotConfirmed,
    message_of,
    not_confirmed_buttons,
    reopen_button,
    reopen_message,
    view_of,
)
from bot.form.values import FilledForm, FormValues, Origin
from bot.form.view import render as render_form
from bot.sandbox.slack import HttpEndpoint, Person, Workspace
from bot.sandbox.slack.actions import action_entry, find_in_message
from bot.sandbox.slack.directory import BOT_USER_ID
from bot.sandbox.slack.methods.registry import call_method
from bot.slack import blocks, ids
from bot.weav.models import Conversation
from tests.harness import JANE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.slack.blocks import Message


Json = Any
Path = tuple[str | int, ...]
FORM = FormValues(channel="email", customer_id=JANE, subject="Export hangs", post_to="C0SUPPORT")
CONVERSATION = Conversation(
    id=JANE, channel="email", customer_id=JANE, status="open", priority="normal"
)
CLICKS = {
    ids.REOPEN: None,
    ids.LOOK_AGAIN: None,
    ids.ASSIGN_TO_ME: None,
    ids.CLOSE: None,
    ids.SET_PRIORITY: "urgent",
}
ORIGIN = Origin(via="command", slack_channel_id="C0SUPPORT")


def samples(slack: Workspace) -> dict[str, Json]:
    """The payloads as the sandbox Slack sends them for Ann."""
    ann = Person(slack, "U0ANN", HttpEndpoint("", ""))
    message_ts = ann.say("The export hangs", "C0SUPPORT")
    message = slack.message(message_ts)
    assert message is not None
    found: dict[str, Json] = {
        "command": ann.command_delivery("urgent email Export hangs").payload,
        **{word: ann.command_delivery(word).payload for word in ("status", "defaults", "check")},
        "me": ann.command_delivery(f"me {JANE}").payload,
        "message shortcut": ann.payloads.message_shortcut(ids.MESSAGE_SHORTCUT, message),
        "global shortcut": ann.payloads.global_shortcut(ids.GLOBAL_SHORTCUT),
    }
    _open(slack, render_form(Form(FORM, ORIGIN)))
    form = ann.view
    found["submission"] = ann.payloads.submission(form)
    found["closed"] = ann.payloads.closed(form, is_cleared=False)
    found["suggestion"] = ann.payloads.suggestion(form, "customer_id", "customer_id", "jane")
    found["defaults saved"] = replaced(
        found["submission"], ("view", "callback_id"), ids.DEFAULTS_MODAL
    )
    found["home tab opened"] = ann.payloads.home_opened("home")
    found["another event"] = ann.payloads.event({"type": "reaction_added", "user": "U0ANN"})
    found["address verified"] = {"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNF"}
    return found | _clicks(slack, ann) | _clicks_in_home_tab(slack, ann)


def _clicks(slack: Workspace, ann: Person) -> dict[str, Json]:
    found: dict[str, Json] = {}
    _open(slack, view_of(NotConfirmed("Not known.", 1), FilledForm(FORM, ORIGIN)))
    view = ann.view
    for block in view.blocks:
        for element in block.get("elements", []):
            action = action_entry(block, element, None)
            found[element["action_id"]] = ann.payloads.action_in_view(view, action)
    opened = opened_line(CONVERSATION, ORIGIN, "U0ANN")
    card = render(Card(CONVERSATION, CardFacts(opened=opened)))
    _say(slack, reopen_message("Again?", FilledForm(FORM, ORIGIN)), only_for="U0ANN")
    _say(
        slack, message_of(NotConfirmed("Not known.", 1), FilledForm(FORM, ORIGIN)), only_for="U0ANN"
    )
    _say(slack, card)
    for action_id, value in CLICKS.items():
        message, block, element = find_in_message(slack, "U0ANN", action_id)
        action = action_entry(block, element, value)
        found[f"{action_id} in a message"] = ann.payloads.action_in_message(message, {}, action)
    return found


def _clicks_in_home_tab(slack: Workspace, ann: Person) -> dict[str, Json]:
    rows = [blocks.actions(*not_confirmed_buttons(1)), blocks.actions(reopen_button(1))]
    arguments = {"user_id": "U0ANN", "view": blocks.home_tab(rows)}
    call_method(slack, "views.publish", slack.bot_token, arguments)
    return {
        f"{element['action_id']} in the home tab": ann.payloads.action_in_view(
            ann.home, action_entry(block, element, None)
        )
        for block in ann.home.blocks
        for element in block["elements"]
    }


def _say(slack: Workspace, card: Message, only_for: str = "") -> None:
    slack.add_message("C0SUPPORT", BOT_USER_ID, card.text, card.blocks, only_for=only_for)


def _open(slack: Workspace, view: Json) -> None:
    trigger_id = slack.triggers.issue("U0ANN", "C0SUPPORT")
    arguments = {"trigger_id": trigger_id, "view": view}
    call_method(slack, "views.open", slack.bot_token, arguments)


def encoded(payload: Json) -> bytes:
    """Encode it as Slack does: form fields, JSON for an event, or a form with JSON in it."""
    if isinstance(payload, dict) and {"event", "challenge"} & payload.keys():
        return json.dumps(payload).encode()
    if isinstance(payload, dict) and "command" in payload:
        return urlencode(payload, errors="replace").encode()
    return urlencode({"payload": json.dumps(payload)}).encode()


def places(value: Json, here: Path = ()) -> Iterator[Path]:
    """Yield the path to every value in it."""
    yield here
    if isinstance(value, dict):
        for name, part in value.items():
            yield from places(part, (*here, name))
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from places(part, (*here, index))


def replaced(payload: Json, place: Path, value: Json) -> Json:
    if not place:
        return value
    changed = copy.deepcopy(payload)
    parent = changed
    for step in place[:-1]:
        parent = parent[step]
    if value is MISSING:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return changed


def nested(depth: int) -> Json:
    value: Json = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


MISSING = object()
ODD: list[Json] = [
    MISSING,
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1e308,
    float("inf"),
    float("nan"),
    "",
    " ",
    "\x00",
    "\ud800",
    "<!channel> & \u202e",
    "x" * 5000,
    "9" * 5000,
    [],
    [None],
    [[]],
    ["x"],
    {},
    {"": None},
    {"a": {"b": []}},
    {"id": 1, "type": [], "value": {}},
    nested(200),
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=10,
)


@st.composite
def spoiled(draw: st.DrawFn, payloads: dict[str, Json]) -> Json:
    """Change a payload in one to five places."""
    payload = draw(st.sampled_from(sorted(payloads)).map(payloads.__getitem__))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.sampled_from(list(places(payload))))
        value = draw(st.sampled_from(ODD) | _JSON)
        payload = replaced(payload, place, None if value is MISSING and not place else value)
    return payload


@st.composite
def torn(draw: st.DrawFn, data: bytes) -> bytes:
    """Cut out, insert or repeat some bytes."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        middle = draw(st.binary(max_size=40) | st.just(data[start:end] * 3))
        data = data[:start] + middle + data[end:]
    return data
