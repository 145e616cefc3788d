"""What stands in a form, carried along when its blocks are sent back to Slack.

Slack keeps what stands in an input with the same ids, but not always in view of the initial value
that comes with an update. An external select was seen to jump back to it, and others to show it and
submit something else: https://github.com/soxtoby/SlackNet/issues/248 and
https://github.com/slackapi/bolt-python/issues/572. Where both are the same, neither can happen.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.slack.fields import typed_value
from bot.slack.payloads import at, list_at, text_at

Block = Any  # JSON


def as_it_stands(block: Block, state: object) -> Block:
    """Begin an input with what a view's state says of it; without a word of it, leave it alone."""
    element = at(block, "element")
    entry = at(state, "values", text_at(block, "block_id"), text_at(element, "action_id"))
    kind = text_at(element, "type")
    if kind not in _INITIAL or text_at(entry, "type") != kind:
        return block
    initial, standing = _INITIAL[kind]
    begun = {name: part for name, part in element.items() if name != initial}
    if value := standing(element, entry):
        begun[initial] = value
    return {**block, "element": begun}


def has_jumped(block: Block, state: object) -> bool:
    """Tell whether a select was drawn with another option than the one that was chosen in it."""
    begins, stands = (
        text_at(each, "element", "initial_option", "value")
        for each in (block, as_it_stands(block, state))
    )
    return text_at(block, "element", "type") == "external_select" and begins not in {"", stands}


def _typed(_: object, entry: object) -> str:
    return typed_value(text_at(entry, "value"))


def _chosen(element: object, entry: object) -> Block:
    """An option must be exactly one of those that the element has."""
    return _options(element).get(text_at(entry, "selected_option", "value"))


def _found(_: object, entry: object) -> Block:
    return at(entry, "selected_option")


def _ticked(element: object, entry: object) -> list[Block]:
    options = _options(element)
    values = [text_at(option, "value") for option in list_at(entry, "selected_options")]
    return [options[value] for value in values if value in options]


def _conversation(_: object, entry: object) -> str:
    return text_at(entry, "selected_conversation")


def _options(element: object) -> dict[str, Block]:
    return {text_at(option, "value"): option for option in list_at(element, "options")}


# https://docs.slack.dev/reference/block-kit/block-elements, those of our forms.
_INITIAL: Final[Mapping[str, tuple[str, Callable[[object, object], Any]]]] = {
    "plain_text_input": ("initial_value", _typed),
    "static_select": ("initial_option", _chosen),
    "radio_buttons": ("initial_option", _chosen),
    "external_select": ("initial_option", _found),
    "checkboxes": ("initial_options", _ticked),
    "conversations_select": ("initial_conversation", _conversation),
}
