"""The inputs that name somebody: the customer and the assignee."""

from typing import Final

from slack_sdk.models.blocks import InputBlock

from bot.slack import ids, labels
from bot.slack.fields import input_block, select, type_ahead, typed
from bot.slack.offers import NOBODY, Offer, create_offer, customer_in
from bot.slack.uuids import uuid_in
from bot.weav.models import AssigneeType
from bot.weav.people import NewCustomer

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
    chosen = Offer(str(assignee_id), label or str(assignee_id)) if assignee_id else None
    of_people = kind == AssigneeType.USER
    placeholder = "Name or ID of a person" if of_people else "Name or ID of an AI agent"
    picker = type_ahead(ids.ASSIGNEE_ID, placeholder, chosen)
    # The form is drawn anew with who stands in it, so the bot must know of each choice.
    hint = f"{source} {_HINTS[AssigneeType(kind)]}".strip()
    return input_block(picker, hint, dispatch=True)


def _chosen_customer(value: str, label: str) -> Offer | None:
    customer = customer_in(value)
    if isinstance(customer, NewCustomer):
        return create_offer(customer)
    return Offer(str(customer), label or str(customer)) if customer else None
