"""The texts for a user who is denied access: friendly, private, and with somebody to ask."""

from collections.abc import Collection, Iterable
from typing import Final

from bot.access.rules import Denial
from bot.slack.blocks import Message, mrkdwn, section
from bot.slack.options import Suggestion, nothing_offer
from bot.slack.text import channel_name

_SENTENCES: Final = {
    Denial.DENIED: "Sorry, you may not use the Weav bot.",
    Denial.USER: "Sorry, you are not yet on the list of people who can use the Weav bot.",
    Denial.TEAM: "Sorry, the Weav bot is not open to your workspace.",
    Denial.EXTERNAL: "Sorry, the Weav bot is only for people of the organisation that runs it.",
    Denial.GUEST: "Sorry, guests may not use the Weav bot.",
    Denial.CHANNEL: "The Weav bot may not be used in this channel.",
    Denial.NOT_KNOWN: (
        "Slack does not say at the moment whether you may use the Weav bot. Nothing is lost: try"
        " again in a moment."
    ),
}
_POST_TO: Final = "The Weav bot may not post in this channel. Choose another one."
_ASK_OPERATOR: Final = "Ask whoever looks after the bot."
# Hundreds of admins do not fit into a section.
_MOST_NAMED: Final = 5


def refusal_message(why: Denial, admins: Collection[str]) -> Message:
    return _message(refusal_text(why, admins))


def post_to_message(slack_channel_id: str, admins: Collection[str]) -> Message:
    """Repeat in a message what stands under `post_to`: only a message can mention admins."""
    where = channel_name(slack_channel_id) or "that direct message"
    whom = _whom_to_ask(Denial.CHANNEL, admins)
    return _message(f"The Weav bot may not post in {where}. Choose another channel. {whom}")


def refusal_text(why: Denial, admins: Collection[str]) -> str:
    """Return mrkdwn that mentions the first few admins."""
    return f"{_SENTENCES[why]} {_whom_to_ask(why, admins)}".strip()


def refusal_under_field(why: Denial) -> str:
    """Return plain text, which cannot mention anybody."""
    if why is Denial.CHANNEL:
        return f"{_POST_TO} {_ASK_OPERATOR}"
    return f"{_SENTENCES[why]} {_whom_to_ask(why, ())}".strip()


def refusal_offer(why: Denial) -> Suggestion:
    """Return it as the only option of a select, which can show nothing else."""
    sentence, _, whom = refusal_under_field(why).partition(". ")
    return nothing_offer(f"{sentence}.", whom)


def admins_only(admins: Collection[str]) -> str:
    """Refuse `check` to somebody who may use the bot but is no admin."""
    if not admins:
        return (
            "Nobody can check this bot from Slack yet. Whoever runs the bot can set SLACK_ADMINS,"
            " or run `weav-slack check` where the bot runs."
        )
    return f"Only the people who look after the bot can check it. Ask {_mention(admins)}."


def _message(text: str) -> Message:
    return Message.of(text, section(mrkdwn(text)))


def _whom_to_ask(why: Denial, admins: Collection[str]) -> str:
    if why is Denial.NOT_KNOWN:
        return ""
    return f"Ask {_mention(admins)}." if admins else _ASK_OPERATOR


def _mention(admins: Collection[str]) -> str:
    """Mention the first few and count the others."""
    mentions = [f"<@{slack_user_id}>" for slack_user_id in sorted(admins)]
    named, more = mentions[:_MOST_NAMED], len(mentions) - _MOST_NAMED
    if more > 0:
        named.append("one other" if more == 1 else f"one of {more} others")
    return _join_with_or(named)


def _join_with_or(several: Iterable[str]) -> str:
    *others, last = several
    return f"{', '.join(others)} or {last}" if others else last
