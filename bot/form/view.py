"""The two modals, drawn from a form: the one that opens a conversation, and a channel's defaults.

Texts given to them are plain text: nothing in them formats, mentions or links.
"""

import re
from typing import Final

from bot import labels
from bot.form.fields import (
    EXAMPLE,
    assignee_input,
    assignee_type_input,
    conversation_select,
    external_select,
    input_block,
    radio_buttons,
    select,
    text_input,
)
from bot.form.form import Form
from bot.form.parse import SUBJECT_LIMIT, too_long
from bot.slack import ids
from bot.slack.blocks import Json, context, modal, plain
from bot.slack.options import NOTHING

TITLE: Final = "New Weav conversation"
_SLACK_CONVERSATION: Final = re.compile(r"[CDGUW][A-Z0-9]{2,}")
# What is shown on top, in this order; a block that 0.1.0 has drawn comes before them.
_ON_TOP: Final = ("", ids.REASON, ids.ABOUT_MESSAGE, ids.DUPLICATE, ids.ANOTHER)


def render(form: Form, *, opening: bool = False) -> Json:
    """Draw the modal; a value that an input cannot show is left out, typed text never.

    `opening`: the cursor goes to the first thing to type, and nowhere else after that.
    """
    return _defaults(form) if form.for_defaults else _conversation(form, opening=opening)


def _conversation(form: Form, *, opening: bool) -> Json:
    values = form.values
    focus = ids.SUBJECT if values.customer_id else ids.CUSTOMER_ID
    if not opening or (values.customer_id and values.subject):
        focus = ""
    below_customer = form.shown.get(ids.OPEN_CONVERSATIONS)
    blocks = [
        *_on_top(form),
        _customer(form, focus=focus == ids.CUSTOMER_ID),
        *([below_customer] if below_customer else []),
        _channel(form),
        _subject(form, focus=focus == ids.SUBJECT),
        _priority(form),
        _status(values.status),
        assignee_type_input(values.assignee_type, _hint(form, ids.ASSIGNEE_TYPE)),
        _assignee(form),
        _post_to(form),
    ]
    return modal(
        TITLE,
        blocks,
        callback_id=ids.MODAL,
        submit=plain("Open conversation"),
        close=plain("Cancel"),
        private_metadata=form.origin.dump(form.sources),
    )


def _on_top(form: Form) -> list[Json]:
    shown = {name: form.shown[name] for name in form.shown if name != ids.OPEN_CONVERSATIONS}
    if ids.ANOTHER in shown:
        shown[ids.ANOTHER] = _ticked(shown[ids.ANOTHER], ticked=form.origin.another)
    placed = {name: place for place, name in enumerate(_ON_TOP)}
    return [shown[name] for name in sorted(shown, key=lambda name: placed.get(name, 0))]


def _ticked(block: Json, *, ticked: bool) -> Json:
    element = {name: part for name, part in block["element"].items() if name != "initial_options"}
    begins = {"initial_options": element["options"]} if ticked else {}
    return {**block, "element": element | begins}


def _hint(form: Form, field: str, usual: str = "") -> str:
    source = form.sources.get(field)
    return f"{source.value} {usual}".strip() if source else usual


def _customer(form: Form, *, focus: bool) -> Json:
    hint = (
        "Search people seen here before by name or email address, type the email address of"
        " somebody new, or paste an ID or link from Weav."
    )
    element = external_select(
        "Name, email address, ID or link", form.chosen[ids.CUSTOMER_ID], focus=focus
    )
    hint = _hint(form, ids.CUSTOMER_ID, hint)
    return input_block(ids.CUSTOMER_ID, element, hint, optional=False, dispatch=True)


def _channel(form: Form) -> Json:
    hint = _hint(form, ids.CHANNEL, "How you will talk to the customer.")
    element = radio_buttons(labels.CHANNELS, form.values.channel)
    return input_block(ids.CHANNEL, element, hint, optional=False)


def _subject(form: Form, *, focus: bool) -> Json:
    subject = form.values.subject
    long = len(subject) > SUBJECT_LIMIT
    hint = too_long(len(subject)) if long else f"Up to {SUBJECT_LIMIT} characters."
    element = text_input(subject, "What is it about?", focus=focus)
    return input_block(ids.SUBJECT, element, _hint(form, ids.SUBJECT, hint))


def _priority(form: Form) -> Json:
    element = select(labels.PRIORITIES, form.values.priority)
    return input_block(ids.PRIORITY, element, _hint(form, ids.PRIORITY))


def _status(value: str) -> Json:
    hint = "Choose Closed for something that is already dealt with."
    return input_block(ids.STATUS, select(labels.STATUSES, value), hint)


def _assignee(form: Form) -> Json:
    values = form.values
    chosen = form.chosen[ids.ASSIGNEE_ID]
    source = _hint(form, ids.ASSIGNEE_ID)
    return assignee_input(values.assignee_type, values.assignee_id, chosen, source)


def _post_to(form: Form) -> Json:
    value = form.values.post_to
    known = value if _SLACK_CONVERSATION.fullmatch(value) else ""
    element = conversation_select(known, "Choose a channel or a person")
    return input_block(ids.POST_TO, element, form.post_to_hint, optional=False, dispatch=True)


_NONE: Final = {NOTHING: "No default"}


def _defaults(form: Form) -> Json:
    values = form.values
    channel = select(_NONE | labels.CHANNELS, values.channel or NOTHING)
    priority = select(_NONE | labels.PRIORITIES, values.priority or NOTHING)
    company = text_input(values.company_id, EXAMPLE)
    blocks = [
        context(plain("Forms opened from this Slack channel begin with these values.")),
        input_block(ids.CHANNEL, channel),
        input_block(ids.PRIORITY, priority),
        assignee_type_input(values.assignee_type, ""),
        _assignee(form),
        input_block(
            ids.COMPANY_ID,
            company,
            "Paste a company's ID or link from Weav, and the form offers its customers, too.",
        ),
    ]
    return modal(
        "Defaults of this channel",
        blocks,
        callback_id=ids.DEFAULTS_MODAL,
        submit=plain("Save"),
        close=plain("Cancel"),
        private_metadata=form.origin.dump(),
    )
