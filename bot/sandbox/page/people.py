"""Performs what people do on the page."""

import re
from collections.abc import Mapping
from typing import assert_never

from bot.sandbox.page import actions
from bot.sandbox.page.actions import Action
from bot.sandbox.slack import Answer, Person, Workspace
from bot.sandbox.slack.directory import BOT_USER_ID
from bot.sandbox.slack.wire import Json

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Punctuation at the end does not belong to a link. Addresses come before mentions: both have an @.
_TYPED = re.compile(
    r"""[&<>]|https?://[^\s<>]*[^\s<>.,;:!?)'"]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#][\w-]+"""
)


async def perform(person: Person, action: Action) -> Json:
    """Return the part of the answer that the page needs; the rest arrives as events.

    Raise LookupError for something that no longer exists, or that this person cannot see.
    """
    match action:
        case actions.Say():
            text = typed_text(action.text, person.workspace)
            person.say(text, action.slack_channel_id, action.thread_ts)
            return _shown(Answer(None))
        case actions.Membership():
            _change_membership(person, action)
            return _shown(Answer(None))
        case _:
            return _shown(await _send_to_bot(person, action))


async def _send_to_bot(person: Person, action: Action) -> Answer:
    match action:
        case actions.Command():
            return await person.command(action.text, action.slack_channel_id, action.command)
        case actions.UseMessageShortcut():
            return await person.message_shortcut(action.callback_id, action.message_ts)
        case actions.UseGlobalShortcut():
            return await person.global_shortcut(action.callback_id, action.slack_channel_id)
        case actions.Submit():
            person.fill(action.values, action.view_id)
            return await person.submit(view_id=action.view_id)
        case actions.Close():
            return await person.close(action.view_id, clear=action.clear)
        case actions.Suggest():
            return await person.suggest(action.action_id, action.query, action.view_id)
        case actions.OpenHome():
            return await person.open_home(action.tab)
        case actions.Act() | actions.ClickInMessage() | actions.ActInHome():
            return await _send_action(person, action)
        case actions.Say() | actions.Membership():
            raise TypeError("The bot is not told about this.")
        case _:
            assert_never(action)


async def _send_action(
    person: Person, action: actions.Act | actions.ClickInMessage | actions.ActInHome
) -> Answer:
    match action:
        case actions.Act():
            person.fill(action.values, action.view_id)
            return await person.act(action.action_id, action.value, action.view_id)
        case actions.ClickInMessage():
            return await person.click(
                action.action_id, action.message_ts, action.value, action.block_id
            )
        case actions.ActInHome():
            return await person.act_in_home(action.action_id, action.value, action.block_id)
        case _:
            assert_never(action)


def typed_text(text: str, workspace: Workspace) -> str:
    """Convert typed text as Slack's client does: escaped, with links and mentions.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    names = {f"@{user.name}": f"<@{user.id}>" for user in workspace.users.values()}
    names |= {
        f"#{channel.name}": f"<#{channel.id}|{channel.name}>"
        for channel in workspace.channels.values()
        if channel.name
    }
    return _TYPED.sub(lambda found: _as_sent(found[0], names), text)


def _as_sent(part: str, names: Mapping[str, str]) -> str:
    if part.startswith("http"):
        return f"<{part.replace('&', '&amp;')}>"
    if "@" in part[1:]:
        return f"<mailto:{part}|{part}>"
    return _ENTITIES.get(part) or names.get(part.lower(), part)


def _change_membership(person: Person, action: actions.Membership) -> None:
    channel = person.workspace.channels[action.slack_channel_id]
    if action.do == "invite":
        channel.members.add(BOT_USER_ID)
        done = f"added <@{BOT_USER_ID}> to this conversation."
    else:
        channel.members.discard(BOT_USER_ID)
        done = f"removed <@{BOT_USER_ID}> from this conversation."
    person.workspace.feed.publish("channel", person.workspace.channel_json(channel))
    person.say(f"_{done}_", channel.id)


def _shown(answer: Answer) -> Json:
    return {
        "trouble": answer.trouble,
        "errors": answer.errors,
        "options": answer.options,
        "seconds": round(answer.seconds, 3),
    }
