"""Render a form as a modal: the one that opens a conversation, or the one for a channel's defaults.

All texts become plain text, which cannot format, mention or link.
"""

import re
from functools import lru_cache
from typing import Final

from bot import labels
from bot.form.form import Form
from bot.form.inputs import (
    assignee_input,
    assignee_type_input,
    channel_input,
    company_input,
    customer_input,
    default_input,
    post_to_input,
    priority_input,
    replies_input,
    status_input,
    subject_input,
)
from bot.slack import ids
from bot.slack.blocks import Json, context, plain

TITLE: Final = "New Weav conversation"
_SLACK_CONVERSATION: Final = re.compile(r"[CDGUW][A-Z0-9]{2,}")
# The order of the blocks above the fields; blocks that only 0.1.0 drew come first.
_TOP_ORDER: Final = {ids.REASON: 1, ids.ABOUT_MESSAGE: 2, ids.DUPLICATE: 3, ids.ANOTHER: 4}


def render(form: Form, *, opening: bool = False) -> Json:
    """Draw the modal; a choice that its input cannot show is left out, typed text never is.

    `opening`: put the cursor into the customer, or the subject if the customer is filled in. A
    redraw leaves the cursor where it is.
    """
    if form.for_defaults:
        frame = _frame(ids.DEFAULTS_MODAL, "Defaults of this channel", "Save")
        blocks = _defaults_blocks(form)
    else:
        frame = _frame(ids.MODAL, TITLE, "Open conversation")
        blocks = _conversation_blocks(form, opening=opening)
    return {**frame, "blocks": blocks, "private_metadata": form.origin.dump(form.sources)}


@lru_cache
def _frame(callback_id: str, title: str, submit: str) -> Json:
    """https://docs.slack.dev/reference/views."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Cancel"),
    }


def _conversation_blocks(form: Form, *, opening: bool) -> list[Json]:
    values = form.values
    sources = {name: source.value for name, source in form.sources.items()}
    customer = customer_input(
        form.customer,
        sources.get(ids.CUSTOMER_ID, ""),
        focus=opening and not values.customer_id,
    )
    above = dict(form.extra_blocks)
    below_customer = above.pop(ids.OPEN_CONVERSATIONS, None)
    if form.origin.another and ids.ANOTHER in above:
        above[ids.ANOTHER] = _ticked(above[ids.ANOTHER])
    post_to = values.post_to if _SLACK_CONVERSATION.fullmatch(values.post_to) else ""
    return [
        *(above[name] for name in sorted(above, key=lambda name: _TOP_ORDER.get(name, 0))),
        customer,
        *([below_customer] if below_customer else []),
        channel_input(values.channel, sources.get(ids.CHANNEL, "")),
        subject_input(
            values.subject,
            sources.get(ids.SUBJECT, ""),
            focus=opening and bool(values.customer_id) and not values.subject,
        ),
        priority_input(values.priority, sources.get(ids.PRIORITY, "")),
        status_input(values.status),
        *_assignee(form, sources.get(ids.ASSIGNEE_TYPE, ""), sources.get(ids.ASSIGNEE_ID, "")),
        post_to_input(post_to, form.post_to_hint),
    ]


def _ticked(block: Json) -> Json:
    element = block["element"]
    return {**block, "element": {**element, "initial_options": element["options"]}}


def _assignee(form: Form, type_source: str = "", source: str = "") -> tuple[Json, Json]:
    kind = form.values.assignee_type
    return (
        assignee_type_input(kind, type_source),
        assignee_input(kind, form.values.assignee_id, form.assignee, source),
    )


def _defaults_blocks(form: Form) -> list[Json]:
    values = form.values
    return [
        context(plain("Forms opened from this Slack channel begin with these values.")),
        default_input(ids.CHANNEL, labels.CHANNELS, values.channel),
        default_input(ids.PRIORITY, labels.PRIORITIES, values.priority),
        *_assignee(form),
        replies_input(values.replies),
        company_input(values.company_id),
    ]
