"""From a submitted form to a request body, or to the problems with its fields."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.form.options import NOBODY
from bot.form.values import FilledForm, FormValues, Origin, parse_customer, values_of
from bot.ledger import CUSTOMER_EMAIL, NewEntry
from bot.slack import ids
from bot.slack.options import NOTHING
from bot.slack.payloads import View, ViewSubmission
from bot.slack.text import uuid_in
from bot.weav.directory import NewCustomer
from bot.weav.models import SUBJECT_LIMIT, Channel, ConversationChoices, NewConversation

_SAMPLE = "3c90c3cc-…"
_MISSING = {
    ids.CHANNEL: "Choose email or chat.",
    ids.CUSTOMER_ID: f"Choose the customer, or paste their ID from Weav, like {_SAMPLE}",
    ids.ASSIGNEE_TYPE: "Choose who the assignee is, a person or an AI agent, or clear the ID.",
    ids.ASSIGNEE_ID: "Choose the assignee or paste their ID from Weav, or clear the choice above.",
}
_INVALID = {
    ids.CHANNEL: "Choose email or chat.",
    ids.CUSTOMER_ID: (
        f"Choose the customer, or paste their ID from Weav. An ID looks like {_SAMPLE}"
    ),
    ids.SUBJECT: "Write the subject again. This one cannot be sent.",
    ids.STATUS: "Choose open or closed, or clear it.",
    ids.PRIORITY: "Choose low, normal, high or urgent, or clear it.",
    ids.ASSIGNEE_TYPE: "Choose a person or an AI agent, or clear it.",
    # Slack may still send what was typed before the input became a select.
    ids.ASSIGNEE_ID: (
        f"Choose the assignee again, or paste their ID from Weav. An ID looks like {_SAMPLE}"
    ),
}
_OTHER_PROBLEM = "Check the fields and submit again. Something in this form cannot be sent."
_INCOMPLETE = "Close this form and open it again. Slack sent it incomplete."


def problems_of(invalid: ValidationError) -> dict[str, str]:
    """Return one sentence for each field with an error; never empty."""
    problems: dict[str, str] = {}
    for error in invalid.errors(include_url=False, include_context=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        if field in ids.REQUEST_FIELDS:
            problems.setdefault(field, _sentence(field, error["type"], error["input"]))
    return problems or {ids.CUSTOMER_ID: _OTHER_PROBLEM}


def _sentence(field: str, error_type: str, value: object) -> str:
    if error_type == "string_too_long" and isinstance(value, str):
        return too_long(len(value))
    if error_type == "missing" and field in _MISSING:
        return _MISSING[field]
    return _INVALID[field]


def too_long(length: int) -> str:
    over = length - SUBJECT_LIMIT
    characters = "character" if over == 1 else "characters"
    return f"Cut {over} {characters}: the subject has {length}, and Weav takes {SUBJECT_LIMIT}."


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid form, and its new row for the ledger."""

    form: FilledForm
    new_entry: NewEntry


@dataclass(frozen=True, slots=True)
class Problems:
    """Sentences for `response_action: errors`, by the block_id of their field."""

    by_field: Mapping[str, str]


def parse_submission(submitted: ViewSubmission) -> Submission | Problems:
    """Validate a submitted form; never raise.

    https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    """
    view = submitted.view
    values = values_of(view)
    request, problems = _validated(values)
    if not (view.id and view.state.values):
        problems = {ids.CUSTOMER_ID: _INCOMPLETE}
    if problems:
        return Problems(problems)
    form = FilledForm(
        values=values,
        origin=_origin(view),
        response_url=_response_url(submitted, values.post_to),
        labels=_labels_of(view),
    )
    new_entry = NewEntry(
        team_id=_team_id(submitted),
        slack_user_id=submitted.slack_user_id,
        view_id=view.id,
        request=request,
        form=form.dump(),
        post_to=values.post_to,
        source=form.origin.source,
        instead_of=form.origin.instead_of,
    )
    return Submission(form, new_entry)


class _NewCustomerChoices(ConversationChoices):
    channel: Channel


def choices_of(values: FormValues) -> dict[str, str]:
    """Turn links into IDs and "nobody" into empty fields, without validating anything."""
    typed = values.model_dump(exclude={ids.CUSTOMER_ID, ids.POST_TO, ids.COMPANY_ID, ids.REPLIES})
    if assignee_id := uuid_in(values.assignee_id, "assignee"):
        typed[ids.ASSIGNEE_ID] = str(assignee_id)
    elif values.assignee_id == NOTHING:
        typed[ids.ASSIGNEE_ID] = ""
    if values.assignee_type == NOBODY:  # the assignee's input may keep an old choice
        typed |= {ids.ASSIGNEE_TYPE: "", ids.ASSIGNEE_ID: ""}
    return typed


def _validated(values: FormValues) -> tuple[dict[str, str], dict[str, str]]:
    """Return the request body, or problems; a new customer stands in it as an email address."""
    problems = {} if values.post_to else {ids.POST_TO: "Choose where to post the summary."}
    chosen, customer = choices_of(values), parse_customer(values.customer_id)
    try:
        if isinstance(customer, NewCustomer):
            body = _NewCustomerChoices.model_validate(chosen).body()
            return {CUSTOMER_EMAIL: customer.email, **body}, problems
        typed = "" if values.customer_id == NOTHING else values.customer_id
        chosen[ids.CUSTOMER_ID] = str(customer or typed)
        return NewConversation.model_validate(chosen).body(), problems
    except ValidationError as invalid:
        return {}, problems_of(invalid) | problems


def _origin(view: View) -> Origin:
    origin = Origin.load(view.private_metadata)
    ticked = view.input(ids.ANOTHER).selected_options
    return origin.model_copy(update={"another": True}) if ticked else origin


def _labels_of(view: View) -> dict[str, str]:
    """Read by field the names that the selects show; an unchecked ID has none."""
    labels = {}
    for name in (ids.CUSTOMER_ID, ids.ASSIGNEE_ID):
        option = view.input(name).selected_option
        if option.text.text and option.value not in option.text.text:
            labels[name] = option.text.text
    return labels


def _response_url(submitted: ViewSubmission, post_to: str) -> str:
    for answer in submitted.response_urls:
        if answer.response_url and (answer.block_id, answer.channel_id) == (ids.POST_TO, post_to):
            return answer.response_url
    return ""


def _team_id(submitted: ViewSubmission) -> str:
    # An organisation-wide installation has no team.
    return (
        submitted.team.id
        or submitted.user_team_id
        or submitted.view.team_id
        or submitted.enterprise.id
    )
