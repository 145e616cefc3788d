"""A submitted form, from Slack's payload to the request body or to what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.slack import ids
from bot.slack.payloads import at, text_at
from bot.slack.problems import problems_of
from bot.slack.uuids import uuid_in
from bot.slack.values import FormValues, Origin, Reopening
from bot.weav.models import NewConversation

__all__ = ["FormValues", "Origin", "Problems", "Reopening", "Submission", "parse_submission"]

_INCOMPLETE = "Slack sent this form incomplete. Close it and open it again."


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid form; `response_url` answers into `values.post_to`, `team_id` may be empty."""

    request: NewConversation
    values: FormValues
    origin: Origin
    response_url: str | None
    team_id: str
    slack_user_id: str
    view_id: str


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
        origin=Origin.load(at(view, "private_metadata")),
        response_url=_response_url(payload, values.post_to),
        team_id=_team_id(payload),
        slack_user_id=slack_user_id,
        view_id=view_id,
    )


def values_of(view: object) -> FormValues:
    """Read a view's inputs as they are, validated or not; what is missing or odd is empty."""
    state = at(view, "state", "values")
    return FormValues(**{field: _input(at(state, field, field)) for field in ids.FIELDS})


def _validated(values: FormValues) -> tuple[NewConversation | None, dict[str, str]]:
    problems = {} if values.post_to else {ids.POST_TO: "Choose where to post the summary."}
    typed = values.model_dump(exclude={ids.POST_TO})
    if customer_id := uuid_in(values.customer_id, "customer"):
        typed[ids.CUSTOMER_ID] = str(customer_id)
    if assignee_id := uuid_in(values.assignee_id, "assignee"):
        typed[ids.ASSIGNEE_ID] = str(assignee_id)
    try:
        return NewConversation.model_validate(typed), problems
    except ValidationError as invalid:
        return None, problems_of(invalid) | problems


def _input(state: object) -> str:
    ways = (("value",), ("selected_option", "value"), ("selected_conversation",))
    return _first(state, ways)


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
