"""The form that a message shortcut opens, made from its payload without asking Slack."""

from typing import Final
from urllib.parse import quote

from bot.slack.mentions import Mentions, mentions_in
from bot.slack.message_words import words_of
from bot.slack.mrkdwn import beginning, plain
from bot.slack.payloads import at, text_at
from bot.slack.problems import SUBJECT_LIMIT
from bot.slack.text import head
from bot.slack.values import FormValues, Origin, Reopening

# Characters of mrkdwn that are read, links and marks included: a subject has 500, and whoever is
# mentioned further down is not who the message is about.
LONGEST: Final = 12_000


def form_from_message(payload: object) -> Reopening:
    """Make the message the subject, its first 500 characters at most; never raise.

    https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
    """
    message = at(payload, "message")
    words = words_of(message)
    read = beginning(words, LONGEST)
    subject = plain(read)
    slack_channel_id = text_at(payload, "channel", "id")
    message_ts = text_at(message, "ts") or text_at(payload, "message_ts")
    thread_ts = text_at(message, "thread_ts")
    origin = Origin(
        via="message",
        slack_channel_id=slack_channel_id,
        message_ts=message_ts,
        thread_ts=thread_ts or message_ts,
        message_link=permalink(
            text_at(payload, "team", "domain"), slack_channel_id, message_ts, thread_ts
        ),
        shortened=len(subject) > SUBJECT_LIMIT or read != words,
    )
    return Reopening(FormValues(subject=head(subject, SUBJECT_LIMIT).rstrip()), origin)


def mentions_of(payload: object) -> Mentions:
    """Find in the message what may lead to a customer; never raise."""
    return mentions_in(beginning(words_of(at(payload, "message")), LONGEST))


def permalink(team_domain: str, slack_channel_id: str, message_ts: str, thread_ts: str = "") -> str:
    """Build the address that `chat.getPermalink` gives; empty where a part is missing.

    https://docs.slack.dev/reference/methods/chat.getPermalink
    """
    if not (team_domain and slack_channel_id and message_ts):
        return ""
    place = f"{quote(slack_channel_id, safe='')}/p{quote(message_ts.replace('.', ''), safe='')}"
    link = f"https://{quote(team_domain, safe='')}.slack.com/archives/{place}"
    if thread_ts and thread_ts != message_ts:
        link += f"?thread_ts={quote(thread_ts, safe='')}&cid={quote(slack_channel_id, safe='')}"
    return link
