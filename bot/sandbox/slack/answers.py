"""Applies the bot's answer to what the person sees."""

import json
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.endpoints import DISPATCH_FAILED, Delivery, Reply
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.expiring import IssuedResponseUrl
from bot.sandbox.slack.methods.views import depth, stack_view
from bot.sandbox.slack.response_urls import post_answer
from bot.sandbox.slack.rules.check import Findings, array
from bot.sandbox.slack.rules.surfaces import check_view
from bot.sandbox.slack.rules.texts import OPTION_GROUP, SELECT_OPTION
from bot.sandbox.slack.views import MAX_DEPTH, SlackView
from bot.sandbox.slack.wire import Json, json_object
from bot.sandbox.slack.workspace import Workspace

TROUBLE_CONNECTING = "We had some trouble connecting. Try again?"
# Slack's client sent nothing, because the form is incomplete.
FORM_INCOMPLETE = "form_incomplete"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of what a person did.

    `trouble` is the error that Slack shows if the bot failed, else empty. `errors` are shown under
    the fields, by block_id. `delivery` is None if nothing was sent.
    """

    delivery: Delivery | None
    status: int = 0
    body: Any = ""
    seconds: float = 0.0
    trouble: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    options: list[Json] = field(default_factory=list)

    @property
    def payload(self) -> Json:
        """The payload that was sent, or {}."""
        return {} if self.delivery is None else self.delivery.payload


def decoded(reply: Reply) -> Any:  # noqa: ANN401 - the bot's JSON, or its text
    try:
        return json.loads(reply.body)
    except ValueError:
        return reply.body.decode(errors="replace")


def apply_command_answer(workspace: Workspace, payload: Json, reply: Reply) -> str:
    """Show the body of the answer to a command; return the error, if any."""
    body = decoded(reply)
    if not isinstance(body, dict):
        body = {"text": str(body)} if str(body).strip() else {}
    if not body:
        return ""
    url = IssuedResponseUrl(payload["user_id"], payload["channel_id"], "", until=0)
    try:
        post_answer(workspace, url, body, via="answer")
    except SlackError:
        return DISPATCH_FAILED
    return ""


def apply_submission_answer(workspace: Workspace, view: SlackView, reply: Reply) -> str:
    """Close, update or push a view, or show errors; return Slack's error, if any."""
    body = json_object(reply.body) if reply.body else {}
    if body is None:
        return TROUBLE_CONNECTING
    try:
        _apply_response_action(workspace, view, body)
    except SlackError:
        return TROUBLE_CONNECTING
    return ""


def _apply_response_action(workspace: Workspace, view: SlackView, body: Json) -> None:
    match body.get("response_action"):
        case None if not body:
            workspace.close_view(view)
        case "clear":
            close_stack(workspace, view)
        case "errors":
            _show_errors(workspace, view, body.get("errors"))
        case "update":
            check_view(body.get("view"))
            workspace.show_view(view, body["view"])
        case "push":
            check_view(body.get("view"))
            if depth(workspace, view) >= MAX_DEPTH:
                raise SlackError("push_limit_reached")
            stack_view(workspace, view, body["view"])
        case _:
            raise SlackError("invalid_response_action")


def close_stack(workspace: Workspace, view: SlackView) -> None:
    for other in workspace.open_views(view.slack_user_id):
        if other.root_view_id == view.root_view_id:
            workspace.close_view(other)


def _show_errors(workspace: Workspace, view: SlackView, errors: object) -> None:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise SlackError("invalid_errors")
    if not all(isinstance(error, str) and error for error in errors.values()):
        raise SlackError("invalid_errors")
    view.errors = dict(errors)
    workspace.feed.publish("view_updated", view.as_json())


def offered_options(reply: Reply) -> list[Json] | None:
    """Return the options in an answer to block_suggestion, or None if Slack would reject it."""
    body = json_object(reply.body) or {}
    findings = Findings()
    if "option_groups" in body:
        array(OPTION_GROUP, 0, 100)(body["option_groups"], "/option_groups", findings)
    elif "options" in body:
        array(SELECT_OPTION, 0, 100)(body["options"], "/options", findings)
    else:
        return None
    if findings.messages:
        return None
    groups = body.get("option_groups", [])
    return [*body.get("options", []), *(o for group in groups for o in group["options"])]
