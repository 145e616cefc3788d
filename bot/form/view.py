"""The modal that opens a conversation, filled in.

Texts given to it are plain text: nothing in them formats, mentions or links.
"""

import re
from typing import Final

from slack_sdk.models.blocks import Block, ContextBlock, ConversationSelectElement, DividerBlock

from bot import labels
from bot.form.context import EMPTY_CONTEXT, FormContext
from bot.form.duplicates import duplicate_blocks
from bot.form.fields import (
    assignee_input,
    assignee_type_input,
    customer_input,
    input_block,
    radio,
    select,
    typed,
    typed_value,
)
from bot.form.parse import SUBJECT_LIMIT, too_long
from bot.form.values import FormValues, Origin
from bot.slack import ids
from bot.slack.blocks import Json, modal, plain
from bot.slack.elements import Drawn, channel_name, drawn_once, link, mrkdwn, sentence

_SLACK_CONVERSATION: Final = re.compile(r"[CDGUW][A-Z0-9]{2,}")


def inputs(values: FormValues, around: FormContext = EMPTY_CONTEXT) -> list[Block]:
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


def _customer(values: FormValues, around: FormContext) -> Block:
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


def _subject(values: FormValues, around: FormContext) -> Block:
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


_TITLE = "New Weav conversation"


def conversation_modal(
    values: FormValues, origin: Origin, *, notice: str = "", around: FormContext = EMPTY_CONTEXT
) -> Json:
    """Draw the form, filled in; the notice says on top why it is here again."""
    blocks: list[Block] = []
    if notice:
        blocks += [sentence(f":warning: {notice}"), DividerBlock()]
    if origin.via == "message":
        blocks.append(_about_the_message(origin))
    if around.already:
        blocks += duplicate_blocks(around.already)
    return modal(
        _TITLE,
        [*blocks, *inputs(values, around)],
        callback_id=ids.MODAL,
        submit=plain("Open conversation"),
        close=plain("Cancel"),
        private_metadata=origin.dump(),
    )


def _about_the_message(origin: Origin) -> Block:
    name = channel_name(origin.slack_channel_id)
    where = f" in {name}" if name else ""
    about = f":speech_balloon: About {link(origin.message_link, 'a message')}{where}."
    if origin.shortened:
        about += f" Its first {SUBJECT_LIMIT} characters are the subject; it goes on after them."
    return ContextBlock(elements=[mrkdwn(about)])
