"""How the inputs of the forms are drawn.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Mapping
from typing import Final

from bot import labels
from bot.form.options import NOBODY
from bot.slack import ids
from bot.slack.blocks import Json, plain
from bot.slack.options import NOTHING
from bot.slack.text import shorten
from bot.weav.models import AssigneeType

# Slack's own most, and more than any field takes: so the reasons are ours and all come at once.
_TYPED_LIMIT: Final = 3000
WEAV_DECIDES: Final = "Weav decides"
EXAMPLE: Final = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


def input_block(
    field: str, element: Json, hint: str = "", *, optional: bool = True, dispatch: bool = False
) -> Json:
    """Draw an input under its field's name; `dispatch`: the bot hears of each choice at once."""
    block = {
        "type": "input",
        "block_id": field,
        "label": plain(labels.FIELDS[field]),
        "element": {**element, "action_id": field},
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint)
    if dispatch:
        block["dispatch_action"] = True
    return block


def text_input(value: str, placeholder: str, *, focus: bool = False) -> Json:
    element: Json = {
        "type": "plain_text_input",
        "placeholder": plain(placeholder),
        "max_length": _TYPED_LIMIT,
    }
    if value:
        element["initial_value"] = shorten(value, _TYPED_LIMIT)
    return _focused(element, focus=focus)


# A chosen option goes by "Clear selection", which Slack's desktop and web clients offer in optional
# inputs and its iOS client did not in 2024: https://github.com/slackapi/bolt-js/issues/2341.
def select(words: Mapping[str, str], value: str, placeholder: str = WEAV_DECIDES) -> Json:
    return {
        "type": "static_select",
        "placeholder": plain(placeholder),
        **_options(words, value),
    }


def radio_buttons(words: Mapping[str, str], value: str) -> Json:
    return {"type": "radio_buttons", **_options(words, value)}


# Slack asks for options when the select is opened, and at each character typed:
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
def external_select(placeholder: str, chosen: Json | None, *, focus: bool = False) -> Json:
    element: Json = {
        "type": "external_select",
        "placeholder": plain(placeholder),
        "min_query_length": 0,
    }
    if chosen:
        element["initial_option"] = chosen
    return _focused(element, focus=focus)


def conversation_select(value: str, placeholder: str) -> Json:
    """Begin with the conversation that its user looks at, where there is no other."""
    element: Json = {
        "type": "conversations_select",
        "placeholder": plain(placeholder),
        "response_url_enabled": True,
    }
    begins = {"initial_conversation": value} if value else {"default_to_current_conversation": True}
    return element | begins


def checkbox(value: str, label: str) -> Json:
    return {"type": "checkboxes", "options": [{"text": plain(label), "value": value}]}


def _focused(element: Json, *, focus: bool) -> Json:
    return {**element, "focus_on_load": True} if focus else element


def _options(words: Mapping[str, str], value: str) -> Json:
    """The one to begin with must be exactly one of them."""
    options = [{"text": plain(label), "value": each} for each, label in words.items()]
    chosen = [option for option in options if option["value"] == value]
    return {"options": options} | ({"initial_option": chosen[0]} if chosen else {})


_HINTS: Final = {
    AssigneeType.USER: (
        "Search by name, or paste an ID from Weav. People are found by name once they have sent"
        f" {ids.COMMAND} me with their ID."
    ),
    AssigneeType.AGENT: (
        "For an email, choose the active email agent; for a chat, the agent it began with. Weav"
        " allows no others."
    ),
}
_FIRST: Final = "Choose a person or an AI agent above, then find them here by name or ID."


def assignee_type_input(value: str, hint: str) -> Json:
    """Offer a way back to nobody as soon as there is something to go back from."""
    words = dict(labels.ASSIGNEE_TYPES)
    if value:
        words = {NOBODY: labels.UNASSIGNED, **words}
    element = select(words, value, labels.UNASSIGNED)
    return input_block(ids.ASSIGNEE_TYPE, element, hint, dispatch=True)


def assignee_input(kind: str, value: str, chosen: Json | None, source: str = "") -> Json:
    """Offer people or agents; before that is chosen, take an ID as it is typed.

    Nobody goes with whoever was chosen.
    """
    if kind not in set(AssigneeType):
        # Not hidden until then: the drawing that follows a choice can fail, or come after the
        # submission, whose errors must stand under an input that is there.
        typed = "" if kind == NOBODY or value == NOTHING else value
        return input_block(
            ids.ASSIGNEE_ID, text_input(typed, EXAMPLE), f"{source} {_FIRST}".strip()
        )
    of_people = kind == AssigneeType.USER
    placeholder = "Name or ID of a person" if of_people else "Name or ID of an AI agent"
    picker = external_select(placeholder, chosen)
    # The form is drawn anew with who stands in it, so the bot must know of each choice.
    hint = f"{source} {_HINTS[AssigneeType(kind)]}".strip()
    return input_block(ids.ASSIGNEE_ID, picker, hint, dispatch=True)
