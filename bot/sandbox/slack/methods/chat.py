"""chat.*, such as https://docs.slack.dev/reference/methods/chat.postMessage."""

import json

from bot.sandbox.slack.directory import BOT_USER_ID
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import SlackMessage
from bot.sandbox.slack.methods.access import find_channel, required, thread_argument
from bot.sandbox.slack.rules.surfaces import check_message
from bot.sandbox.slack.wire import Json, json_object
from bot.sandbox.slack.workspace import Workspace


def message_content(arguments: Json) -> tuple[str, list[Json]]:
    """Return text and blocks; raise SlackError if Slack would reject them."""
    blocks = arguments.get("blocks")
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError:
            raise SlackError("invalid_blocks_format") from None
    text = arguments.get("text")
    check_message(text, blocks)
    return text or "", blocks or []


def _metadata(arguments: Json) -> Json | None:
    if "metadata" not in arguments:
        return None
    metadata = json_object(arguments["metadata"])
    if metadata is None or set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    return metadata


def post_message(workspace: Workspace, arguments: Json) -> Json:
    channel = find_channel(workspace, arguments)
    text, blocks = message_content(arguments)
    message = workspace.add_message(
        channel.id,
        BOT_USER_ID,
        text,
        blocks,
        thread_ts=thread_argument(workspace, channel, arguments.get("thread_ts")),
        via="api",
        metadata=_metadata(arguments),
    )
    return {"channel": channel.id, "ts": message.ts, "message": message.payload()}


def post_ephemeral(workspace: Workspace, arguments: Json) -> Json:
    """In a thread without replies, Slack accepts the message but does not show it.

    https://docs.slack.dev/reference/methods/chat.postEphemeral
    """
    channel = find_channel(workspace, arguments, as_member=True)
    slack_user_id = required(arguments, "user")
    if slack_user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = message_content(arguments)
    thread_ts = thread_argument(workspace, channel, arguments.get("thread_ts"))
    if thread_ts and not _has_replies(workspace, thread_ts):
        return {"message_ts": workspace.next_ts()}
    message = workspace.add_message(
        channel.id,
        BOT_USER_ID,
        text,
        blocks,
        thread_ts=thread_ts,
        only_for=slack_user_id,
        via="api",
    )
    return {"message_ts": message.ts}


def _has_replies(workspace: Workspace, thread_ts: str) -> bool:
    first = workspace.message(thread_ts)
    return first is not None and bool(first.thread_ts)


def _own_message(workspace: Workspace, arguments: Json, not_own: str) -> SlackMessage:
    channel = find_channel(workspace, arguments)
    message = workspace.message(required(arguments, "ts"))
    if message is None or message.slack_channel_id != channel.id or message.is_ephemeral:
        raise SlackError("message_not_found")
    if message.slack_user_id != BOT_USER_ID:
        raise SlackError(not_own)
    return message


def update(workspace: Workspace, arguments: Json) -> Json:
    message = _own_message(workspace, arguments, "cant_update_message")
    # "If you don't include this field, the message's previous blocks will be retained."
    text, blocks = message_content({"blocks": message.blocks, **arguments})
    workspace.change_message(message, text, blocks)
    return {
        "channel": message.slack_channel_id,
        "ts": message.ts,
        "text": text,
        "message": message.payload(),
    }


def delete(workspace: Workspace, arguments: Json) -> Json:
    message = _own_message(workspace, arguments, "cant_delete_message")
    workspace.remove_message(message)
    return {"channel": message.slack_channel_id, "ts": message.ts}
