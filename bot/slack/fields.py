"""How any input of the forms is drawn."""

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

from bot.slack import labels
from bot.slack.offers import Offer, option
from bot.slack.text import shorten

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
    field: str, placeholder: str, chosen: Offer | None, *, focus: bool = False
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
