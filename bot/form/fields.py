"""How the inputs of the forms are drawn."""

from collections.abc import Mapping
from typing import Final

from slack_sdk.models.blocks import (
    ExternalDataSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticSelectElement,
)

from bot import labels
from bot.form.options import NOBODY, create_offer, customer_in
from bot.slack import ids
from bot.slack.options import Suggestion, option
from bot.slack.text import shorten
from bot.slack.uuids import uuid_in
from bot.weav.directory import NewCustomer
from bot.weav.models import AssigneeType

# Slack's own most, and more than any field takes: so the reasons are ours and all come at once.
_TYPED_LIMIT: Final = 3000
WEAV_DECIDES: Final = "Weav decides"


def input_block(
    element: InputInteractiveElement,
    hint: str = "",
    *,
    optional: bool = True,
    dispatch: bool = False,
) -> InputBlock:
    """Draw an input under its field's name; `dispatch`: the bot hears of each choice at once."""
    field = str(element.action_id)
    return InputBlock(
        block_id=field,
        label=labels.FIELDS[field],
        element=element,
        hint=hint or None,
        optional=optional,
        dispatch_action=dispatch or None,
    )


def typed(
    field: str, value: str, placeholder: str, *, focus: bool = False
) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=field,
        placeholder=placeholder,
        initial_value=typed_value(value) or None,
        max_length=_TYPED_LIMIT,
        focus_on_load=focus or None,
    )


def typed_value(value: str) -> str:
    return shorten(value, _TYPED_LIMIT)


# A chosen option goes by "Clear selection", which Slack's desktop and web clients offer in optional
# inputs and its iOS client did not in 2024: https://github.com/slackapi/bolt-js/issues/2341.
def select(
    field: str, words: Mapping[str, str], value: str, placeholder: str = WEAV_DECIDES
) -> StaticSelectElement:
    options = _options(words)
    return StaticSelectElement(
        action_id=field,
        placeholder=placeholder,
        options=options,
        initial_option=_chosen(options, value),
    )


def radio(field: str, words: Mapping[str, str], value: str) -> RadioButtonsElement:
    options = _options(words)
    return RadioButtonsElement(
        action_id=field, options=options, initial_option=_chosen(options, value)
    )


# Slack asks for options when the select is opened, and at each character typed:
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
def type_ahead(
    field: str, placeholder: str, chosen: Suggestion | None, *, focus: bool = False
) -> ExternalDataSelectElement:
    return ExternalDataSelectElement(
        action_id=field,
        placeholder=placeholder,
        min_query_length=0,
        initial_option=option(chosen) if chosen else None,
        focus_on_load=focus or None,
    )


def _options(words: Mapping[str, str]) -> list[Option]:
    return [Option(value=value, text=label) for value, label in words.items()]


def _chosen(options: list[Option], value: str) -> Option | None:
    return next((option for option in options if option.value == value), None)


EXAMPLE: Final = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
_HINTS: Final = {
    AssigneeType.USER: (
        "Only people who told the bot who they are can be found by name"
        f" ({ids.COMMAND} me, and your ID in Weav). For all others paste the ID."
    ),
    AssigneeType.AGENT: (
        "For an e-mail Weav allows only the active e-mail agent, for a chat the agent it began"
        " with."
    ),
}
_FIRST: Final = (
    "First choose above whether it is a person or an AI agent; then pick them here, or paste"
    " their ID."
)


def customer_input(value: str, label: str, hint: str, *, focus: bool) -> InputBlock:
    """Offer customers; a value that no option can stand for is left out."""
    placeholder = "Name, e-mail address, ID or link"
    element = type_ahead(ids.CUSTOMER_ID, placeholder, _chosen_customer(value, label), focus=focus)
    return input_block(element, hint, optional=False, dispatch=True)


def assignee_type_input(value: str, hint: str) -> InputBlock:
    """Offer a way back to nobody as soon as there is something to go back from."""
    words = dict(labels.ASSIGNEE_TYPES)
    if value:
        words = {NOBODY: "Nobody", **words}
    element = select(ids.ASSIGNEE_TYPE, words, value, "Nobody yet")
    return input_block(element, hint, dispatch=True)


def assignee_input(kind: str, value: str, label: str, source: str = "") -> InputBlock:
    """Offer people or agents; before that is chosen, take an ID as it is typed."""
    if kind not in set(AssigneeType):
        # Not hidden until then: the redrawing that follows a choice can fail, or come after the
        # submission, whose errors must stand under an input that is there.
        element = typed(ids.ASSIGNEE_ID, value, EXAMPLE)
        return input_block(element, f"{source} {_FIRST}".strip())
    assignee_id = uuid_in(value, "assignee")
    chosen = Suggestion(str(assignee_id), label or str(assignee_id)) if assignee_id else None
    of_people = kind == AssigneeType.USER
    placeholder = "Name or ID of a person" if of_people else "Name or ID of an AI agent"
    picker = type_ahead(ids.ASSIGNEE_ID, placeholder, chosen)
    # The form is drawn anew with who stands in it, so the bot must know of each choice.
    hint = f"{source} {_HINTS[AssigneeType(kind)]}".strip()
    return input_block(picker, hint, dispatch=True)


def _chosen_customer(value: str, label: str) -> Suggestion | None:
    customer = customer_in(value)
    if isinstance(customer, NewCustomer):
        return create_offer(customer)
    return Suggestion(str(customer), label or str(customer)) if customer else None
