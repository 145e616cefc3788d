"""What the guard needs to know of a payload: who, from where, doing what, and where to answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.form.values import values_of
from bot.slack import ids
from bot.slack.payloads import MalformedPayload, at, is_ssl_check, list_at, text_at
from handlers.command_text import Check, Defaults, Help, Prefill, parse_words

# The input that says of a whole form what is wrong with it.
_USUAL: Final = {ids.MODAL: ids.POST_TO, ids.DEFAULTS_MODAL: ids.COMPANY_ID}


@dataclass(frozen=True, slots=True)
class Visit:
    """Empty texts are not in the payload.

    `slack_channel_id` is where a command, a message shortcut or a message's button was used, or
    where a form posts to. `shows_nothing`: it tells what all may know, or opens a form, which for
    somebody whom the guard does not know yet is empty but for their own words. `opens_modal`:
    whoever is let in sees what comes with `views.open`, and nothing in Slack's answer.
    `team_id` may name an organisation on Enterprise Grid, and then `enterprise_id` does as well;
    `home_enterprise` is that of `home`. `block_id` is the input of a submitted form under which an
    error can stand, empty if it has none.
    """

    kind: str
    slack_user_id: str
    team_id: str
    home: str
    enterprise_id: str
    home_enterprise: str
    slack_channel_id: str
    response_url: str
    shows_nothing: bool
    opens_modal: bool
    block_id: str


def kind_of(payload: Mapping[str, Any]) -> str:
    """Name it as in https://docs.slack.dev/reference/interaction-payloads; few words, all known."""
    if is_ssl_check(payload):
        return "ssl_check"
    return "command" if "command" in payload else str(payload.get("type"))


def read_visit(payload: Mapping[str, Any]) -> Visit:
    """Read a payload whose shape is checked; raise `MalformedPayload` if nobody is in it."""
    kind = kind_of(payload)
    slack_user_id = text_at(payload, "user_id") or text_at(payload, "user", "id")
    if not slack_user_id:
        raise MalformedPayload("nobody is in the payload", "nobody")
    team_id = text_at(payload, "team_id") or text_at(payload, "user", "team_id")
    # Where a modal goes with its user into another workspace, only the view knows the app's own.
    home = text_at(payload, "view", "app_installed_team_id") or text_at(payload, "team", "id")
    words = parse_words(text_at(payload, "text")) if kind == "command" else None
    opens = kind in {"message_action", "shortcut"} or _reopens(kind, payload)
    return Visit(
        kind=kind,
        slack_user_id=slack_user_id,
        team_id=team_id,
        home=home,
        enterprise_id=_enterprise_id(payload, team_id),
        home_enterprise=_enterprise_of(home, payload),
        slack_channel_id=_place(kind, payload),
        response_url=text_at(payload, "response_url"),
        shows_nothing=opens or isinstance(words, Prefill | Help | Check),
        opens_modal=opens or isinstance(words, Prefill | Defaults),
        block_id=field_for_errors(payload),
    )


def _enterprise_id(payload: Mapping[str, Any], team_id: str) -> str:
    """A command says where its user was; in interactions `team` and `enterprise` are the app's.

    On Enterprise Grid `user.team_id` may be the organisation's ID (E…):
    https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
    """
    return text_at(payload, "enterprise_id") or (team_id if team_id.startswith("E") else "")


def _enterprise_of(home: str, payload: Mapping[str, Any]) -> str:
    same = home == text_at(payload, "team", "id")
    return text_at(payload, "team", "enterprise_id") if same else ""


def _place(kind: str, payload: Mapping[str, Any]) -> str:
    match kind:
        case "command":
            return text_at(payload, "channel_id")
        case "message_action":
            return text_at(payload, "channel", "id")
        case "block_actions":
            return _of_message(payload)
        case "view_submission" if text_at(payload, "view", "callback_id") == ids.MODAL:
            return values_of(at(payload, "view")).post_to
        case _:
            return ""


def _of_message(payload: Mapping[str, Any]) -> str:
    """Give the channel of a message's button; what the bot sent somebody directly is theirs."""
    channel = text_at(payload, "channel", "id") or text_at(payload, "container", "channel_id")
    return "" if channel.startswith("D") else channel


def _reopens(kind: str, payload: Mapping[str, Any]) -> bool:
    actions = at(payload, "actions") if kind == "block_actions" else None
    return any(text_at(action, "action_id") == ids.REOPEN for action in actions or ())


def field_for_errors(payload: Mapping[str, Any]) -> str:
    """Give the input under which an error about the whole form can stand; empty: there is none.

    Slack takes errors for inputs alone.
    """
    view = at(payload, "view")
    inputs = [
        text_at(block, "block_id")
        for block in list_at(view, "blocks")
        if text_at(block, "type") == "input"
    ]
    usual = _USUAL.get(text_at(view, "callback_id"), "")
    return usual if usual in inputs or not inputs else next(filter(None, inputs), "")
