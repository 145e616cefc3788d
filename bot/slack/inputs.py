"""The inputs of the form: seven fields of Weav's request, and where the summary goes."""

import re
from collections.abc import Mapping
from typing import Final

from slack_sdk.models.blocks import (
    ConversationSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticSelectElement,
)

from bot.slack import ids, labels
from bot.slack.problems import SUBJECT_LIMIT, too_long
from bot.slack.text import shorten
from bot.slack.values import FormValues

# Slack's own most, and more than any field takes: so the reasons are ours and all come at once.
_TYPED_LIMIT: Final = 3000
_EXAMPLE: Final = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
_WEAV_DECIDES: Final = "Weav decides"
_SLACK_CONVERSATION: Final = re.compile(r"[CDGUW][A-Z0-9]{2,}")


def inputs(values: FormValues) -> list[InputBlock]:
    """Draw all inputs; a value that an input cannot show is left out, typed text never."""
    return [
        _customer(values),
        _channel(values),
        _subject(values),
        _priority(values),
        _status(values),
        _assignee_type(values),
        _assignee_id(values),
        _post_to(values),
    ]


def _customer(values: FormValues) -> InputBlock:
    hint = "The customer's ID in Weav. A link to the customer will do as well."
    element = _typed(ids.CUSTOMER_ID, values.customer_id, _EXAMPLE, focus=not values.customer_id)
    return _input(element, hint, optional=False)


def _channel(values: FormValues) -> InputBlock:
    options = _options(labels.CHANNELS)
    element = RadioButtonsElement(
        action_id=ids.CHANNEL, options=options, initial_option=_chosen(options, values.channel)
    )
    hint = "How you will talk to the customer."
    return _input(element, hint, optional=False)


def _subject(values: FormValues) -> InputBlock:
    focus = bool(values.customer_id) and not values.subject
    element = _typed(ids.SUBJECT, values.subject, "What is it about?", focus=focus)
    long = len(values.subject) > SUBJECT_LIMIT
    hint = too_long(len(values.subject)) if long else f"Up to {SUBJECT_LIMIT} characters."
    return _input(element, hint)


def _priority(values: FormValues) -> InputBlock:
    return _input(_select(ids.PRIORITY, labels.PRIORITIES, values.priority))


def _status(values: FormValues) -> InputBlock:
    hint = "Closed is for something that is already dealt with."
    return _input(_select(ids.STATUS, labels.STATUSES, values.status), hint)


def _assignee_type(values: FormValues) -> InputBlock:
    element = _select(ids.ASSIGNEE_TYPE, labels.ASSIGNEE_TYPES, values.assignee_type, "Nobody yet")
    return _input(element)


def _assignee_id(values: FormValues) -> InputBlock:
    hint = (
        "The ID of that person or agent in Weav. An e-mail goes to a person or to the active"
        " e-mail agent, a chat to a person."
    )
    return _input(_typed(ids.ASSIGNEE_ID, values.assignee_id, _EXAMPLE), hint)


def _post_to(values: FormValues) -> InputBlock:
    known = _SLACK_CONVERSATION.fullmatch(values.post_to)
    element = ConversationSelectElement(
        action_id=ids.POST_TO,
        placeholder="Choose a channel or a person",
        response_url_enabled=True,
        initial_conversation=values.post_to if known else None,
        default_to_current_conversation=None if known else True,
    )
    hint = "Everybody there sees the summary, not what the customer writes."
    return _input(element, hint, optional=False)


def _input(
    element: InputInteractiveElement, hint: str = "", *, optional: bool = True
) -> InputBlock:
    field = str(element.action_id)
    return InputBlock(
        block_id=field,
        label=labels.FIELDS[field],
        element=element,
        hint=hint or None,
        optional=optional,
    )


def _typed(
    field: str, value: str, placeholder: str, *, focus: bool = False
) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=field,
        placeholder=placeholder,
        initial_value=shorten(value, _TYPED_LIMIT) or None,
        max_length=_TYPED_LIMIT,
        focus_on_load=focus or None,
    )


# A chosen option goes by "Clear selection", which Slack's desktop and web clients offer in optional
# inputs and its iOS client did not in 2024: https://github.com/slackapi/bolt-js/issues/2341.
def _select(
    field: str, words: Mapping[str, str], value: str, placeholder: str = _WEAV_DECIDES
) -> StaticSelectElement:
    options = _options(words)
    return StaticSelectElement(
        action_id=field,
        placeholder=placeholder,
        options=options,
        initial_option=_chosen(options, value),
    )


def _options(words: Mapping[str, str]) -> list[Option]:
    return [Option(value=value, text=label) for value, label in words.items()]


def _chosen(options: list[Option], value: str) -> Option | None:
    return next((option for option in options if option.value == value), None)
