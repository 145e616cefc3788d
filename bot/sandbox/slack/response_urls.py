"""Carries out a POST to a response URL.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from bot.sandbox.slack.directory import BOT_USER_ID
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.expiring import IssuedResponseUrl
from bot.sandbox.slack.messages import Via
from bot.sandbox.slack.methods.access import thread_argument
from bot.sandbox.slack.methods.chat import message_content
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace


def use_response_url(workspace: Workspace, path: str, body: Json | None) -> None:
    """Post, replace or delete a message; raise SlackError if Slack would reject it."""
    url = workspace.response_urls.use(path)
    if body is None:
        raise SlackError("invalid_payload")
    original = workspace.message(url.message_ts) if url.message_ts else None
    if body.get("delete_original") and original is not None:
        workspace.remove_message(original)
        return
    if body.get("replace_original") and original is not None:
        workspace.change_message(original, *message_content(body))
        return
    post_answer(workspace, url, body, via="response_url")


def post_answer(workspace: Workspace, url: IssuedResponseUrl, body: Json, via: Via) -> None:
    """Post to the person's conversation: for everybody, or by default only for that person.

    Slack ignores `thread_ts` for ephemeral answers and posts them in the channel:
    https://github.com/slackapi/bolt-js/issues/963
    """
    kind = body.get("response_type", "ephemeral")
    if kind not in {"ephemeral", "in_channel"}:
        raise SlackError("invalid_response_type")
    text, blocks = message_content(body)
    channel = workspace.channels[url.slack_channel_id]
    thread_ts = body.get("thread_ts") if kind == "in_channel" else None
    workspace.add_message(
        channel.id,
        BOT_USER_ID,
        text,
        blocks,
        thread_ts=thread_argument(workspace, channel, thread_ts),
        only_for=url.slack_user_id if kind == "ephemeral" else "",
        via=via,
    )
