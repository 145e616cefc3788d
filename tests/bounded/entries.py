"""Every way in which somebody else's text reaches the bot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE
from tests.strangers.samples import replaced

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bounded.stage import Stage

Json = Any

_STATE: Final = ("view", "state", "values")
# Slack's own limits: https://docs.slack.dev/reference/block-kit/blocks
_SECTIONS, _SECTION = 50, 3000
# Encoded characters of text in a payload that the bot does not refuse for its size.
_LONGEST_BODY: Final = 1_000_000


def _message(**parts: Json) -> Callable[[Stage, Json], Json]:
    def with_parts(stage: Stage, _: str) -> Json:
        message = {**stage.payloads["message shortcut"]["message"], "text": "", **parts}
        return replaced(stage.payloads["message shortcut"], ("message",), message)

    return with_parts


def _command(stage: Stage, text: str) -> Json:
    return replaced(stage.payloads["command"], ("text",), text)


def _me(stage: Stage, text: str) -> Json:
    return _command(stage, f"me {text}")


def _link(stage: Stage, text: str) -> Json:
    return _command(stage, f"email https://weav.com/{text}")


def _text(stage: Stage, text: str) -> Json:
    return _message(text=text)(stage, text)


def _sections(stage: Stage, text: str) -> Json:
    pieces = [text[start : start + _SECTION] for start in range(0, len(text), _SECTION)]
    texts = [pieces[number % len(pieces)] for number in range(_SECTIONS)] if pieces else []
    while len(quote_plus(json.dumps(texts))) > _LONGEST_BODY:
        texts.pop()
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": each}} for each in texts]
    return _message(blocks=blocks)(stage, text)


def _rich(stage: Stage, text: str) -> Json:
    # As many as fit into the largest body that the bot reads.
    parts = [{"type": "text", "text": each} for each in text[:8_000]]
    section = {"type": "rich_text_section", "elements": parts}
    return _message(blocks=[{"type": "rich_text", "elements": [section]}])(stage, text)


def _attachments(stage: Stage, text: str) -> Json:
    piece = text[:1000]
    attachment = {"pretext": piece, "title": piece, "text": piece, "fallback": piece}
    return _message(attachments=[attachment] * 30)(stage, text)


def _domain(stage: Stage, text: str) -> Json:
    return replaced(stage.payloads["global shortcut"], ("team", "domain"), text)


def _input(field: str) -> Callable[[Stage, str], Json]:
    def typed(stage: Stage, text: str) -> Json:
        written = {"type": "plain_text_input", "value": text}
        return replaced(stage.payloads["submission"], (*_STATE, field), {field: written})

    return typed


def _chosen(stage: Stage, text: str) -> Json:
    label = {"type": "plain_text", "text": text}
    option = {"text": label, "value": f"create:{text}"}
    entry = {"type": "external_select", "selected_option": option}
    return replaced(stage.payloads["submission"], (*_STATE, "customer_id"), {"customer_id": entry})


def _defaults(stage: Stage, text: str) -> Json:
    values = {ids.COMPANY_ID: {ids.COMPANY_ID: {"type": "plain_text_input", "value": text}}}
    return replaced(stage.payloads["defaults saved"], _STATE, values)


def _metadata(stage: Stage, text: str) -> Json:
    origin = {"via": "message", "slack_channel_id": "C1", "message_link": text}
    place = ("view", "private_metadata")
    return replaced(stage.payloads["submission"], place, json.dumps(origin))


def _typed_ahead(action_id: str, before: str = "") -> Callable[[Stage, str], Json]:
    def typed(stage: Stage, text: str) -> Json:
        asked = replaced(stage.payloads["suggestion"], ("action_id",), action_id)
        return replaced(replaced(asked, ("block_id",), action_id), ("value",), f"{before}{text}")

    return typed


def _agents(stage: Stage, text: str) -> Json:
    chosen = {"type": "radio_buttons", "selected_option": {"value": "agent"}}
    asked = _typed_ahead(ids.ASSIGNEE_ID)(stage, text)
    blocks = [b for b in asked["view"]["blocks"] if b["block_id"] != ids.ASSIGNEE_TYPE]
    asked = replaced(asked, ("view", "blocks"), blocks)
    return replaced(asked, (*_STATE, ids.ASSIGNEE_TYPE), {ids.ASSIGNEE_TYPE: chosen})


def _button(action_id: str) -> Callable[[Stage, str], Json]:
    def clicked(stage: Stage, text: str) -> Json:
        return replaced(stage.payloads[f"{action_id} in a message"], ("actions", 0, "value"), text)

    return clicked


def _reopened(stage: Stage, text: str) -> Json:
    # The longest value that Slack accepts from the bot.
    values = {"subject": text[:100], "customer_id": text[:100], "assignee_id": text[:50]}
    return _button(ids.REOPEN)(stage, json.dumps({"values": values}))


def _priority(stage: Stage, text: str) -> Json:
    clicked = stage.payloads[f"{ids.SET_PRIORITY} in a message"]
    return replaced(clicked, ("actions", 0, "selected_option", "value"), text)


def _card(stage: Stage, text: str) -> Json:
    """A click on a card with long texts; in Slack, only the bot can write them."""
    clicked = stage.payloads[f"{ids.CLOSE} in a message"]
    half = text[: len(text) // 2]
    title = {"type": "rich_text_section", "elements": [{"type": "text", "text": half}]}
    history = {"type": "mrkdwn", "text": f"Opened by {half}"}
    blocks = [
        {"type": "rich_text", "elements": [title]},
        {"type": "context", "block_id": ids.CARD_HISTORY, "elements": [history]},
    ]
    return replaced(clicked, ("message", "blocks"), blocks)


def _known(stage: Stage, text: str) -> Json:
    """A form for a customer whose name and open conversations come from Weav."""
    customer_id = stage.customer(first_name=text, last_name=text, email=text)
    stage.conversation(customer_id, subject=text, priority=text)
    return _command(stage, f"email {customer_id}")


def _pasted(stage: Stage, text: str) -> Json:
    customer_id = stage.customer(first_name=text, email=text)
    return _typed_ahead(ids.CUSTOMER_ID)(stage, customer_id)


def _created(stage: Stage, text: str) -> Json:
    """A submission for which Weav returns a subject of its own."""
    customer_id = stage.customer()
    words = ("subject", "status", "priority", "assignee_type", "assignee_id")
    answer = {"id": customer_id, "customer_id": customer_id, **dict.fromkeys(words, text)}
    return _answered(
        stage, WeavFault(status=201, body=json.dumps(answer).encode(), times=1, **CREATE)
    )


def _refused(stage: Stage, text: str) -> Json:
    reasons = {"subject": [text], "customer_id": [text[:1000]] * 30, text: [text]}
    return _answered(stage, WeavFault.refusal(reasons, times=1, **CREATE))


def _answered(stage: Stage, fault: WeavFault) -> Json:
    stage.weav.faults.clear()
    stage.weav.fail(fault)
    form = _input("customer_id")(stage, stage.customer())
    return replaced(form, ("view", "id"), f"V{len(stage.weav.store.customers)}")


def _home_tab(stage: Stage, text: str) -> Json:
    """The tab shows what the other entries have created; Slack sends it along."""
    shown = {"type": "home", "blocks": [{"type": "section", "text": {"text": text}}]}
    return replaced(stage.payloads["home tab opened"], ("event", "view"), shown)


ENTRIES: Final[dict[str, Callable[[Stage, str], Json]]] = {
    "command": _command,
    "command with a link": _link,
    "me": _me,
    "message": _text,
    "app's message": _sections,
    "app's rich message": _rich,
    "app's attachments": _attachments,
    "global shortcut": _domain,
    **{f"input {field}": _input(field) for field in ids.FIELDS},
    "chosen customer": _chosen,
    "defaults": _defaults,
    "metadata": _metadata,
    "customers typed ahead": _typed_ahead(ids.CUSTOMER_ID),
    "links typed ahead": _typed_ahead(ids.CUSTOMER_ID, "https://weav.com/"),
    "assignees typed ahead": _typed_ahead(ids.ASSIGNEE_ID),
    "agents typed ahead": _agents,
    "button": _button(ids.REOPEN),
    "button's form": _reopened,
    "button of a row": _button(ids.LOOK_AGAIN),
    "priority": _priority,
    "card": _card,
    "Weav's customer": _known,
    "Weav's customer, pasted": _pasted,
    "Weav's conversation": _created,
    "Weav's refusal": _refused,
    "home tab": _home_tab,
}
