"""The inputs of the two modals.

Most blocks are cached, so callers must not modify them.
https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from bot import labels
from bot.form.options import NOBODY
from bot.form.parse import too_long
from bot.slack import ids
from bot.slack.blocks import Json, plain
from bot.slack.options import NOTHING
from bot.slack.text import shorten
from bot.weav.models import SUBJECT_LIMIT, AssigneeType

# Slack's maximum, above every limit of ours: the bot then reports all that is too long at once.
_TYPED_LIMIT: Final = 3000
_EXAMPLE: Final = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
_NO_DEFAULT: Final = {NOTHING: "No default"}
_ASSIGNEE_HINTS: Final = {
    AssigneeType.USER: (
        "Search by name, or paste an ID from Weav. People are found by name once they have sent"
        f" {ids.COMMAND} me with their ID."
    ),
    AssigneeType.AGENT: (
        "For an email, choose the active email agent; for a chat, the agent it began with. Weav"
        " allows no others."
    ),
}
_cached = lru_cache(maxsize=256)


def customer_input(chosen: Json | None, source: str, *, focus: bool) -> Json:
    return _with_option(_empty_customer(source, focus=focus), chosen)


@_cached
def _empty_customer(source: str, *, focus: bool) -> Json:
    hint = (
        "Search customers seen here by name or email address, type a new customer's email"
        " address, or paste an ID or link from Weav."
    )
    element = _external_select("Name, email address, ID or link", focus=focus)
    return input_block(ids.CUSTOMER_ID, element, source, hint, optional=False, dispatch=True)


@_cached
def channel_input(value: str, source: str) -> Json:
    element = {"type": "radio_buttons", **_options(labels.CHANNELS, value)}
    hint = "How you will talk to the customer."
    return input_block(ids.CHANNEL, element, source, hint, optional=False)


def subject_input(value: str, source: str, *, focus: bool) -> Json:
    problem = too_long(len(value)) if len(value) > SUBJECT_LIMIT else ""
    empty = _empty_subject(source, problem, focus=focus)
    return _with_text(empty, value)


@_cached
def _empty_subject(source: str, problem: str, *, focus: bool) -> Json:
    hint = problem or f"Up to {SUBJECT_LIMIT} characters."
    return input_block(ids.SUBJECT, _text_input("What is it about?", focus=focus), source, hint)


@_cached
def priority_input(value: str, source: str) -> Json:
    return input_block(ids.PRIORITY, _select(labels.PRIORITIES, value), source)


@_cached
def status_input(value: str) -> Json:
    hint = "Choose Closed for something that is already dealt with."
    return input_block(ids.STATUS, _select(labels.STATUSES, value), hint=hint)


@_cached
def assignee_type_input(value: str, source: str) -> Json:
    """Offer "Unassigned" as an option only once there is a choice to take back."""
    choices = dict(labels.ASSIGNEE_TYPES)
    if value:
        choices = {NOBODY: labels.UNASSIGNED, **choices}
    element = _select(choices, value, labels.UNASSIGNED)
    return input_block(ids.ASSIGNEE_TYPE, element, source, dispatch=True)


def assignee_input(kind: str, value: str, chosen: Json | None, source: str) -> Json:
    """Draw a select of people or agents; a text input for an ID before the type is chosen.

    With the type "nobody" the input is empty, whoever was chosen before.
    """
    empty = _empty_assignee(kind, source)
    if empty["element"]["type"] == "external_select":
        return _with_option(empty, chosen)
    typed = "" if kind == NOBODY or value == NOTHING else value
    return _with_text(empty, typed)


@_cached
def _empty_assignee(kind: str, source: str) -> Json:
    if kind not in set(AssigneeType):
        # The input is there from the start: the redraw after a choice of type can fail, or come
        # after the submission, and the submission's errors need an input to stand under.
        hint = "Choose a person or an AI agent above, then find them here by name or ID."
        return input_block(ids.ASSIGNEE_ID, _text_input(_EXAMPLE), source, hint)
    of_people = kind == AssigneeType.USER
    picker = _external_select(
        "Name or ID of a person" if of_people else "Name or ID of an AI agent"
    )
    # A redraw must repeat the current choice, so Slack must report each one.
    hint = _ASSIGNEE_HINTS[AssigneeType(kind)]
    return input_block(ids.ASSIGNEE_ID, picker, source, hint, dispatch=True)


@_cached
def post_to_input(value: str, hint: str) -> Json:
    """Begin with `value`, else with the Slack conversation that the user has open."""
    begins = {"initial_conversation": value} if value else {"default_to_current_conversation": True}
    element = {
        "type": "conversations_select",
        "placeholder": plain("Choose a channel or a person"),
        "response_url_enabled": True,
        **begins,
    }
    return input_block(ids.POST_TO, element, hint=hint, optional=False, dispatch=True)


def default_input(field: str, choices: Mapping[str, str], value: str) -> Json:
    return input_block(field, _select({**_NO_DEFAULT, **choices}, value or NOTHING))


def replies_input(value: str) -> Json:
    """Draw what the threads of this channel's cards are told; one option is always selected."""
    return input_block(ids.REPLIES, _select(labels.REPLIES, value or next(iter(labels.REPLIES))))


def company_input(value: str) -> Json:
    hint = "Paste a company's ID or link from Weav, and the form offers its customers, too."
    empty = input_block(ids.COMPANY_ID, _text_input(_EXAMPLE), hint=hint)
    return _with_text(empty, value)


def tick_input(field: str, label: str) -> Json:
    element = {"type": "checkboxes", "options": [{"text": plain(label), "value": field}]}
    return input_block(field, element, optional=False)


def input_block(
    field: str,
    element: Json,
    source: str = "",
    hint: str = "",
    *,
    optional: bool = True,
    dispatch: bool = False,
) -> Json:
    """Draw an input with its field's label; `dispatch`: Slack reports each choice at once."""
    block = {
        "type": "input",
        "block_id": field,
        "label": plain(labels.FIELDS[field]),
        "element": {**element, "action_id": field},
        "optional": optional,
    }
    if said := f"{source} {hint}".strip():
        block["hint"] = plain(said)
    if dispatch:
        block["dispatch_action"] = True
    return block


def _with_option(block: Json, option: Json | None) -> Json:
    return _with_initial(block, "initial_option", option) if option else block


def _with_text(block: Json, text: str) -> Json:
    return _with_initial(block, "initial_value", shorten(text, _TYPED_LIMIT)) if text else block


def _with_initial(block: Json, initial: str, value: object) -> Json:
    return {**block, "element": {**block["element"], initial: value}}


def _text_input(placeholder: str, *, focus: bool = False) -> Json:
    element = {"type": "plain_text_input", "max_length": _TYPED_LIMIT}
    return _focused({**element, "placeholder": plain(placeholder)}, focus=focus)


# Users empty an optional select by "Clear selection", which Slack's desktop and web clients offer.
# Its iOS client did not in 2024: https://github.com/slackapi/bolt-js/issues/2341.
def _select(choices: Mapping[str, str], value: str, placeholder: str = "Weav decides") -> Json:
    return {
        "type": "static_select",
        "placeholder": plain(placeholder),
        **_options(choices, value),
    }


# Slack asks for options when the select is opened, and at each character typed:
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
def _external_select(placeholder: str, *, focus: bool = False) -> Json:
    element = {"type": "external_select", "min_query_length": 0}
    return _focused({**element, "placeholder": plain(placeholder)}, focus=focus)


def _focused(element: Json, *, focus: bool) -> Json:
    return {**element, "focus_on_load": True} if focus else element


def _options(choices: Mapping[str, str], value: str) -> Json:
    """`initial_option` must equal one of the options exactly, so an unknown value sets none."""
    options = [{"text": plain(label), "value": each} for each, label in choices.items()]
    chosen = [option for option in options if option["value"] == value]
    return {"options": options} | ({"initial_option": chosen[0]} if chosen else {})
