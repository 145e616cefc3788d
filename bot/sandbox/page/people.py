"""Carries out what people do on the page."""

import re
from collections.abc import Mapping
from typing import assert_never

from bot.sandbox.page import doings
from bot.sandbox.page.doings import Doing
from bot.sandbox.slack import Answer, Person, Workspace
from bot.sandbox.slack.directory import BOT_USER_ID
from bot.sandbox.slack.wire import Json

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What ends a sentence ends a link; an address goes before a mention, which begins in its middle.
_TYPED = re.compile(
    r"""[&<>]|https?://[^\s<>]*[^\s<>.,;:!?)'"]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#][\w-]+"""
)


async def carry_out(person: Person, doing: Doing) -> Json:
    """Return what the page needs to know of the answer; all else comes by events.

    Raise LookupError for what is not there any more, or not for this person.
    """
    match doing:
        case doings.Say():
            text = typed_text(doing.text, person.workspace)
            person.say(text, doing.slack_channel_id, doing.thread_ts)
            return _shown(Answer(None))
        case doings.Membership():
            _change_membership(person, doing)
            return _shown(Answer(None))
        case _:
            return _shown(await _reach_the_bot(person, doing))


async def _reach_the_bot(person: Person, doing: Doing) -> Answer:
    match doing:
        case doings.Command():
            return await person.command(doing.text, doing.slack_channel_id, doing.command)
        case doings.UseMessageShortcut():
            return await person.message_shortcut(doing.callback_id, doing.message_ts)
        case doings.UseGlobalShortcut():
            return await person.global_shortcut(doing.callback_id, doing.slack_channel_id)
        case doings.Submit():
            person.fill(doing.values, doing.view_id)
            return await person.submit(view_id=doing.view_id)
        case doings.Close():
            return await person.close(doing.view_id, clear=doing.clear)
        case doings.Suggest():
            return await person.suggest(doing.action_id, doing.query, doing.view_id)
        case doings.OpenHome():
            return await person.open_home(doing.tab)
        case doings.Act() | doings.ClickInMessage() | doings.ActInHome():
            return await _act(person, doing)
        case doings.Say() | doings.Membership():
            raise TypeError("The bot does not learn of this.")
        case _:
            assert_never(doing)


async def _act(
    person: Person, doing: doings.Act | doings.ClickInMessage | doings.ActInHome
) -> Answer:
    match doing:
        case doings.Act():
            person.fill(doing.values, doing.view_id)
            return await person.act(doing.action_id, doing.value, doing.view_id)
        case doings.ClickInMessage():
            return await person.click(
                doing.action_id, doing.message_ts, doing.value, doing.block_id
            )
        case doings.ActInHome():
            return await person.act_in_home(doing.action_id, doing.value, doing.block_id)
        case _:
            assert_never(doing)


def typed_text(text: str, workspace: Workspace) -> str:
    """Write what was typed as Slack's own apps send it: escaped, with links and mentions.

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


def _change_membership(person: Person, doing: doings.Membership) -> None:
    channel = person.workspace.channels[doing.slack_channel_id]
    if doing.do == "invite":
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
