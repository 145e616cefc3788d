"""A submitted form, from Slack's payload to the request body or to what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from bot.slack import ids
from bot.slack.offers import NOBODY, NOTHING, customer_in
from bot.slack.payloads import at, text_at
from bot.slack.problems import problems_of
from bot.slack.uuids import uuid_in
from bot.slack.values import FormValues, Origin, Reopening
from bot.weav.models import NewConversation
from bot.weav.people import NewCustomer

__all__ = ["FormValues", "Origin", "Problems", "Reopening", "Submission", "parse_submission"]

# Stands for a customer that Weav has not got yet.
NOT_YET: Final = UUID(int=0)
# Characters; Slack takes 3,000.
_LONGEST_INPUT: Final = 10_000
_INCOMPLETE = "Slack sent this form incomplete. Close it and open it again."


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid form; `response_url` answers into `values.post_to`, `team_id` may be empty.

    With a `new_customer`, who is to be created first, the customer of the request is the nil UUID.
    """

    request: NewConversation
    values: FormValues
    origin: Origin
    response_url: str | None
    team_id: str
    slack_user_id: str
    view_id: str
    new_customer: NewCustomer | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def reopening(self) -> Reopening:
        """The same form, filled in."""
        return Reopening(self.values, self.origin, self.labels)


@dataclass(frozen=True, slots=True)
class Problems:
    """Sentences for `response_action: errors`; every key is a block of the form."""

    by_field: Mapping[str, str]


def parse_submission(payload: object) -> Submission | Problems:
    """Read a whole `view_submission`; never raise.

    https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    """
    view = at(payload, "view")
    values = values_of(view)
    request, problems = _validated(values)
    view_id, slack_user_id = text_at(view, "id"), text_at(payload, "user", "id")
    if not (view_id and slack_user_id and isinstance(at(view, "state", "values"), dict)):
        problems = {ids.CUSTOMER_ID: _INCOMPLETE}
    if problems or request is None:
        return Problems(problems)
    return Submission(
        request=request,
        values=values,
        origin=_origin(view),
        response_url=_response_url(payload, values.post_to),
        team_id=_team_id(payload),
        slack_user_id=slack_user_id,
        view_id=view_id,
        new_customer=_new_customer(values),
        labels=_labels(view),
    )


def values_of(view: object) -> FormValues:
    """Read a view's inputs as they are, validated or not; what is missing or odd is empty."""
    state = at(view, "state", "values")
    return FormValues(**{field: _input(at(state, field, field)) for field in ids.FIELDS})


def typed_request(values: FormValues) -> dict[str, str]:
    """Take what stands for an ID or for nobody as what it means; nothing is validated yet."""
    typed = values.model_dump(exclude={ids.POST_TO})
    customer = customer_in(values.customer_id)
    if isinstance(customer, NewCustomer):
        typed[ids.CUSTOMER_ID] = str(NOT_YET)
    elif customer:
        typed[ids.CUSTOMER_ID] = str(customer)
    elif values.customer_id == NOTHING:
        typed[ids.CUSTOMER_ID] = ""
    if assignee_id := uuid_in(values.assignee_id, "assignee"):
        typed[ids.ASSIGNEE_ID] = str(assignee_id)
    elif values.assignee_id == NOTHING:
        typed[ids.ASSIGNEE_ID] = ""
    if values.assignee_type == NOBODY:  # whatever stands in the picker that is gone
        typed |= {ids.ASSIGNEE_TYPE: "", ids.ASSIGNEE_ID: ""}
    return typed


def _validated(values: FormValues) -> tuple[NewConversation | None, dict[str, str]]:
    problems = {} if values.post_to else {ids.POST_TO: "Choose where to post the summary."}
    try:
        return NewConversation.model_validate(typed_request(values)), problems
    except ValidationError as invalid:
        return None, problems_of(invalid) | problems


def _new_customer(values: FormValues) -> NewCustomer | None:
    customer = customer_in(values.customer_id)
    return customer if isinstance(customer, NewCustomer) else None


def _input(state: object) -> str:
    ways = (("value",), ("selected_option", "value"), ("selected_conversation",))
    return _first(state, ways)[:_LONGEST_INPUT]


def _origin(view: object) -> Origin:
    origin = Origin.load(at(view, "private_metadata"))
    ticked = at(view, "state", "values", ids.ANOTHER, ids.ANOTHER, "selected_options")
    return origin.model_copy(update={"another": True}) if ticked else origin


def _labels(view: object) -> dict[str, str]:
    """Read by field whom the selects show; an unchecked ID is shown again as what it is."""
    labels = {}
    for name in (ids.CUSTOMER_ID, ids.ASSIGNEE_ID):
        option = at(view, "state", "values", name, name, "selected_option")
        label = text_at(option, "text", "text")
        if label and text_at(option, "value") not in label:
            labels[name] = label
    return labels


def _response_url(payload: object, post_to: str) -> str | None:
    answers = at(payload, "response_urls")
    for answer in answers if isinstance(answers, list) else []:
        url = text_at(answer, "response_url")
        if url and (at(answer, "block_id"), at(answer, "channel_id")) == (ids.POST_TO, post_to):
            return url
    return None


def _team_id(payload: object) -> str:
    # An installation for a whole organisation has no team of its own.
    ways = (("team", "id"), ("user", "team_id"), ("view", "team_id"), ("enterprise", "id"))
    return _first(payload, ways)


def _first(value: object, ways: Iterable[tuple[str, ...]]) -> str:
    return next((found for way in ways if (found := text_at(value, *way))), "")
