"""The inputs of the form: seven fields of Weav's request, and where the summary goes."""

import re
from typing import Final

from slack_sdk.models.blocks import Block, ConversationSelectElement

from bot.slack import ids, labels
from bot.slack.around import NOTHING_KNOWN, Around
from bot.slack.drawn import Drawn, drawn_once
from bot.slack.fields import input_block, radio, select, typed, typed_value
from bot.slack.pickers import assignee_input, assignee_type_input, customer_input
from bot.slack.problems import SUBJECT_LIMIT, too_long
from bot.slack.values import FormValues

_SLACK_CONVERSATION: Final = re.compile(r"[CDGUW][A-Z0-9]{2,}")


def inputs(values: FormValues, around: Around = NOTHING_KNOWN) -> list[Block]:
    """Draw all inputs; a value that an input cannot show is left out, typed text never."""
    return [
        _customer(values, around),
        _channel(values.channel, around.hint(ids.CHANNEL, "How you will talk to the customer.")),
        _subject(values, around),
        _priority(values.priority, around.hint(ids.PRIORITY, "")),
        _status(values.status),
        _assignee_type(values.assignee_type, around.hint(ids.ASSIGNEE_TYPE, "")),
        _assignee(
            values.assignee_type,
            values.assignee_id,
            around.labels.get(ids.ASSIGNEE_ID, ""),
            around.hint(ids.ASSIGNEE_ID, ""),
        ),
        _post_to(values.post_to),
    ]


_assignee_type = drawn_once(assignee_type_input)
_assignee = drawn_once(assignee_input)
_customer_input = drawn_once(customer_input)


def _customer(values: FormValues, around: Around) -> Block:
    hint = (
        "Type a name or address of somebody seen here before, the e-mail address of somebody new,"
        " or paste an ID or link from Weav."
    )
    return _customer_input(
        values.customer_id,
        around.labels.get(ids.CUSTOMER_ID, ""),
        around.hint(ids.CUSTOMER_ID, hint),
        focus=not values.customer_id,
    )


@drawn_once
def _channel(value: str, hint: str) -> Block:
    return input_block(radio(ids.CHANNEL, labels.CHANNELS, value), hint, optional=False)


def _subject(values: FormValues, around: Around) -> Block:
    long = len(values.subject) > SUBJECT_LIMIT
    hint = too_long(len(values.subject)) if long else f"Up to {SUBJECT_LIMIT} characters."
    focus = bool(values.customer_id) and not values.subject
    empty = _empty_subject(around.hint(ids.SUBJECT, hint), focus=focus).to_dict()
    if not values.subject:
        return Drawn(empty)
    # Put in afterwards: hardly any two are the same.
    filled = {**empty["element"], "initial_value": typed_value(values.subject)}
    return Drawn({**empty, "element": filled})


@drawn_once
def _empty_subject(hint: str, *, focus: bool) -> Block:
    return input_block(typed(ids.SUBJECT, "", "What is it about?", focus=focus), hint)


@drawn_once
def _priority(value: str, hint: str) -> Block:
    return input_block(select(ids.PRIORITY, labels.PRIORITIES, value), hint)


@drawn_once
def _status(value: str) -> Block:
    hint = "Closed is for something that is already dealt with."
    return input_block(select(ids.STATUS, labels.STATUSES, value), hint)


@drawn_once
def _post_to(value: str) -> Block:
    known = _SLACK_CONVERSATION.fullmatch(value)
    element = ConversationSelectElement(
        action_id=ids.POST_TO,
        placeholder="Choose a channel or a person",
        response_url_enabled=True,
        initial_conversation=value if known else None,
        default_to_current_conversation=None if known else True,
    )
    hint = "Everybody there sees the summary, not what the customer writes."
    return input_block(element, hint, optional=False, dispatch=True)
