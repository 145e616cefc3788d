"""Finds the element that a person clicks, and builds its entry of `actions`."""

from collections.abc import Sequence

from bot.sandbox.slack.form_state import entry_for
from bot.sandbox.slack.messages import SlackMessage
from bot.sandbox.slack.rules.blocks import elements_of
from bot.sandbox.slack.views import SlackView
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace


def _find(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[Json, Json] | None:
    for block in blocks:
        if block_id in {"", block["block_id"]}:
            for element, _ in elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    return None


def find_in_view(view: SlackView, action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """Return the first matching block and element; raise LookupError if the view has none."""
    found = _find(view.blocks, action_id, block_id)
    if found is None:
        raise LookupError(f"The view has nothing with the action_id {action_id!r}")
    return found


def find_in_message(
    workspace: Workspace,
    slack_user_id: str,
    action_id: str,
    message_ts: str = "",
    block_id: str = "",
) -> tuple[SlackMessage, Json, Json]:
    """Return the latest message with this element that the person can see, or raise LookupError."""
    for message in reversed(workspace.messages):
        visible = message.only_for in {"", slack_user_id} and message_ts in {"", message.ts}
        found = _find(message.blocks, action_id, block_id) if visible else None
        if found is not None:
            return message, *found
    raise LookupError(f"No message has anything with the action_id {action_id!r}")


def action_entry(block: Json, element: Json, value: object, offered: Sequence[Json] = ()) -> Json:
    """Return an entry of `actions` for a block_actions payload; `offered` is as in `entry_for`."""
    entry: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
    }
    if element["type"] == "button":
        shown = {name: element[name] for name in ("text", "value", "style") if name in element}
        return entry | shown
    if element["type"] == "overflow":
        option = next(o for o in element["options"] if o["value"] == value)
        return entry | {"selected_option": option}
    return entry | entry_for(element, value, offered)


def pick_option(options: Sequence[Json], typed: str) -> Json:
    """Return the option with the typed value, or else the first; raise LookupError if none."""
    for option in options:
        if option["value"] == typed:
            return option
    if not options:
        raise LookupError(f"Nothing is offered for {typed!r}")
    return options[0]
