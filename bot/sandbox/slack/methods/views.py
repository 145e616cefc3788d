"""views.*, such as https://docs.slack.dev/reference/methods/views.open."""

import secrets

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.access import required, view_argument
from bot.sandbox.slack.rules.surfaces import check_home, check_view
from bot.sandbox.slack.views import MAX_DEPTH, SlackView
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace


def _answer(view: SlackView) -> Json:
    return {"view": view.payload(with_state=False)}


def _check_external_id(workspace: Workspace, sent: Json, own: SlackView | None = None) -> None:
    external_id = sent.get("external_id")
    for view in (*workspace.views.values(), *workspace.homes.values()):
        taken = view.is_open and view.sent.get("external_id") == external_id
        if external_id and taken and view is not own:
            raise SlackError("duplicate_external_id")


def _new_id() -> str:
    return f"V{secrets.token_hex(5).upper()}"


def stack_view(workspace: Workspace, below: SlackView, sent: Json) -> SlackView:
    """Push a view, which the caller has checked, on top of another."""
    view_id = _new_id()
    view = SlackView(
        view_id, below.slack_user_id, below.opened_in, below.root_view_id, previous_view_id=below.id
    )
    workspace.show_view(view, sent)
    return view


def depth(workspace: Workspace, view: SlackView) -> int:
    views = workspace.open_views(view.slack_user_id)
    return sum(other.root_view_id == view.root_view_id for other in views)


def open_view(workspace: Workspace, arguments: Json) -> Json:
    sent = view_argument(arguments)
    check_view(sent)
    _check_external_id(workspace, sent)
    trigger = workspace.triggers.exchange(required(arguments, "trigger_id"))
    view_id = _new_id()
    view = SlackView(view_id, trigger.slack_user_id, trigger.slack_channel_id, root_view_id=view_id)
    workspace.show_view(view, sent)
    return _answer(view)


def push_view(workspace: Workspace, arguments: Json) -> Json:
    sent = view_argument(arguments)
    check_view(sent)
    _check_external_id(workspace, sent)
    trigger = workspace.triggers.exchange(required(arguments, "trigger_id"))
    below = workspace.views.get(trigger.view_id)
    if below is None or not below.is_open:
        raise SlackError("not_found")
    if depth(workspace, below) >= MAX_DEPTH:
        raise SlackError("push_limit_reached")
    return _answer(stack_view(workspace, below, sent))


def update_view(workspace: Workspace, arguments: Json) -> Json:
    sent = view_argument(arguments)
    check_view(sent)
    view = _addressed_view(workspace, arguments)
    if "hash" in arguments and arguments["hash"] != view.hash:
        raise SlackError("hash_conflict")
    _check_external_id(workspace, sent, own=view)
    workspace.show_view(view, sent)
    return _answer(view)


def publish_view(workspace: Workspace, arguments: Json) -> Json:
    sent = view_argument(arguments)
    check_home(sent)
    user = workspace.users.get(required(arguments, "user_id"))
    if user is None or user.is_bot:
        raise SlackError("invalid_arguments", ["[ERROR] invalid `user_id` [json-pointer:/user_id]"])
    if not workspace.home_tab_enabled:
        raise SlackError("not_enabled")
    before = workspace.homes.get(user.id)
    if "hash" in arguments and arguments["hash"] != (before and before.hash):
        raise SlackError("hash_conflict")
    _check_external_id(workspace, sent, own=before)
    view_id = before.id if before else _new_id()
    view = before or SlackView(view_id, user.id, opened_in="", root_view_id=view_id)
    workspace.publish_home(view, sent)
    return _answer(view)


def _addressed_view(workspace: Workspace, arguments: Json) -> SlackView:
    if "view_id" not in arguments and "external_id" not in arguments:
        required(arguments, "view_id")
    for view in workspace.views.values():
        by_id = view.id == arguments.get("view_id")
        external_id = view.sent.get("external_id") or None
        by_external_id = external_id and external_id == arguments.get("external_id")
        if view.is_open and (by_id or by_external_id):
            return view
    raise SlackError("not_found")
