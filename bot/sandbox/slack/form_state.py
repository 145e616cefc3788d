"""`view.state.values`: the state of a view, from its initial values and what a person enters.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.slack.rules.blocks import elements_of
from bot.sandbox.slack.rules.elements import all_options
from bot.sandbox.slack.wire import Json

# By element type: the key of the value in the state, and of the initial value in the element.
_PLAIN: Mapping[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_OPTION: Mapping[str, tuple[str, str]] = {
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
}
_KEYS = {**_PLAIN, **_OPTION}
Values = dict[str, dict[str, Json]]


def stateful_elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield (block, element) for everything that can hold a value."""
    for block in blocks:
        for element, _ in elements_of(block):
            if element["type"] in _KEYS:
                yield block, element


def state_of(blocks: Sequence[Json], current_conversation: str, before: Values) -> Values:
    """Return the state of a view that is opened or updated.

    An element keeps its value if block_id, action_id and type are the same; an update does not
    apply its new initial value. The exception is an external select: it changes to the initial
    option of the update, as observed in Slack's clients:
    https://github.com/soxtoby/SlackNet/issues/248
    """
    values: Values = {}
    for block, element in stateful_elements(blocks):
        block_id, action_id = block["block_id"], element["action_id"]
        kept = before.get(block_id, {}).get(action_id)
        jumps = element["type"] == "external_select" and "initial_option" in element
        if kept is None or kept["type"] != element["type"] or jumps:
            kept = _initial_entry(element, current_conversation)
        values.setdefault(block_id, {})[action_id] = kept
    return values


def _initial_entry(element: Json, current_conversation: str) -> Json:
    key, initial = _KEYS[element["type"]]
    nothing: Any = [] if key.endswith("s") else None
    value = element.get(initial, nothing)
    if value is nothing and element.get("default_to_current_conversation"):
        current = current_conversation or None
        value = current if nothing is None else [current] if current else []
    # Slack's payloads have null for an empty text input, never an empty string.
    return {"type": element["type"], key: None if value == "" else value}


def entry_for(element: Json, value: object, offered: Sequence[Json]) -> Json:
    """Return the state of an element after a person has entered `value`.

    For a select, `value` is the value of an option, or a list of them; "" and None clear the
    element. `offered` are the options that an external select was given last. Raise LookupError
    for an option that the person does not see.
    """
    key = _KEYS[element["type"]][0]
    if value in ("", None, []):
        return {"type": element["type"], key: [] if key.endswith("s") else None}
    if element["type"] not in _OPTION:
        return {"type": element["type"], key: value}
    options = [*all_options(element), *offered, *_initial_options(element)]
    if isinstance(value, list):
        return {"type": element["type"], key: [_option(options, one) for one in value]}
    return {"type": element["type"], key: _option(options, value)}


def _initial_options(element: Json) -> list[Json]:
    one = [element["initial_option"]] if "initial_option" in element else []
    return one + list(element.get("initial_options", []))


def _option(options: Sequence[Json], wanted: object) -> Json:
    if isinstance(wanted, dict):
        wanted = wanted.get("value")
    for option in options:
        if option["value"] == wanted:
            return option
    seen = ", ".join(option["value"] for option in options) or "none"
    raise LookupError(f"{wanted!r} is not among the options that the person sees: {seen}")


def picked(entry: Json) -> list[Json]:
    """Return the selected option, if any; it stays valid when other options are offered."""
    return [option] if (option := entry.get("selected_option")) else []


def value_in(entry: Json) -> Any:  # noqa: ANN401 - text, an option, or a list of either
    return entry[_KEYS[entry["type"]][0]]
