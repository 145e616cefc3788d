"""The card of a conversation that was opened: drawn, and posted on the way that takes it.

The route: the channel or thread → the form's response_url → its author's messages.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.access.audience import Audience, ChannelReaders
from bot.card.controls import Click
from bot.card.history import opened_line
from bot.card.render import Card, render
from bot.directory import Names
from bot.form.values import FilledForm, Place
from bot.ledger import Entry
from bot.slack import blocks
from bot.slack.api import ApiResult, Done, Failed, SlackApi
from bot.slack.blocks import Message
from bot.slack.text import channel_name, duration
from bot.weav.models import Conversation

Route = Literal["channel", "response_url", "direct"]
# https://docs.slack.dev/reference/methods/chat.postMessage#errors, those that a person can mend.
WHY: Final = {
    "not_in_channel": "the bot is not a member of it",
    "channel_not_found": "the bot is not a member of it, or cannot see it",
    "is_archived": "it is archived",
    "restricted_action": "only some people may post in it",
    "restricted_action_read_only_channel": "it is read-only",
    "restricted_action_non_threadable_channel": "it takes no threads",
    "restricted_action_thread_locked": "the thread is locked",
    "ratelimited": "Slack asks the bot to slow down",
}
_NOT_CONFIRMED: Final = Failed("no_answer", certain=False)
RECOVERED: Final = (
    "Recovered: Weav's answer was lost on the way, and the bot found the conversation."
)
# A wait that nobody need explain, in seconds.
SHORT_WAIT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Delivered:
    route: Route
    slack_channel_id: str = ""
    message_ts: str = ""


class CardPoster:
    def __init__(
        self,
        slack: SlackApi,
        channel_readers: ChannelReaders,
        names: Names,
        link_to: Callable[[str], str],
    ) -> None:
        self._slack = slack
        self._channel_readers = channel_readers
        self._names = names
        self.link_to = link_to

    async def post(
        self, entry: Entry, conversation: Conversation, *, queued: bool = False
    ) -> Delivered | Failed:
        """Post the card of what Weav has opened; its audience is known before."""
        form = FilledForm.read(entry.form)
        note, waited = note_on(entry), waited_by_now(entry)
        if queued or waited > SHORT_WAIT:
            note = f"{note} It waited {duration(waited, 's', 'min')} for Weav.".strip()
        card = Card(
            conversation,
            opened=opened_line(conversation, form.origin, entry.slack_user_id),
            named=await self._names.of(conversation),
            readers=await self._channel_readers.of_card(form.place.slack_channel_id),
            link=self.link_to(conversation.id),
            note=note,
        )
        perhaps_there = bool(entry.route)
        return await deliver(
            self._slack, card, form.place, entry.slack_user_id, perhaps_there=perhaps_there
        )


def waited_by_now(entry: Entry) -> float:
    """Seconds since it was asked for; the row itself knows how many they were when it was read."""
    return entry.waited + time.monotonic() - entry.asked_at


def note_on(entry: Entry) -> str:
    return RECOVERED if entry.recovered else ""


async def deliver(
    slack: SlackApi, card: Card, place: Place, author: str, *, perhaps_there: bool = False
) -> Delivered | Failed:
    """Post the card once on the first way that takes it; `Failed`: on no way, ask again later.

    A post that may have arrived is not made a second time in the channel: the author is told, with
    the whole card where the channel would have got less. `Failed` that is not `certain` means such
    a post; whoever asks again says so with `perhaps_there`.
    """
    if perhaps_there:
        again = await slack.post(author, _for_author(card, place, _NOT_CONFIRMED))
        return _directly(again, _NOT_CONFIRMED)
    drawn = render(card)
    posted = await slack.post(place.slack_channel_id, drawn, place.thread_ts)
    if isinstance(posted, Done):
        return Delivered("channel", posted.slack_channel_id, posted.message_ts)
    if posted.certain and place.response_url:
        answered = await slack.respond(
            place.response_url, drawn, in_channel=True, thread_ts=place.thread_ts
        )
        if isinstance(answered, Done):
            return Delivered("response_url", place.slack_channel_id)
        if not answered.certain:
            posted = answered
    direct = await slack.message(author, _for_author(card, place, posted))
    return _directly(direct, posted)


async def redraw(slack: SlackApi, card: Card, click: Click) -> Delivered | Failed:
    """Put the card where the clicked one stands.

    chat.update does not reach what a response_url posted where the bot is no member; the click's
    own response_url does, wherever it was.
    """
    drawn = render(card)
    updated = await slack.update(click.slack_channel_id, click.message_ts, drawn)
    if isinstance(updated, Done):
        return Delivered("channel", click.slack_channel_id, click.message_ts)
    if not click.response_url:
        return updated
    replaced = await slack.respond(
        click.response_url, drawn, in_channel=True, replace_original=True
    )
    if isinstance(replaced, Done):
        return Delivered("response_url", click.slack_channel_id, click.message_ts)
    return replaced


def _directly(direct: ApiResult, posted: Failed) -> Delivered | Failed:
    if isinstance(direct, Done):
        return Delivered("direct", direct.slack_channel_id, direct.message_ts)
    return replace(direct, certain=posted.certain)


def _for_author(card: Card, place: Place, failure: Failed) -> Message:
    """Draw all of it: whoever opened it knows it, and nobody else reads it there."""
    reason = blocks.section(blocks.mrkdwn(_why_here(place, failure)))
    return render(replace(card, readers=Audience.INSIDE, above=[reason]))


def _why_here(place: Place, failure: Failed) -> str:
    channel = channel_name(place.slack_channel_id)
    where = channel or "your direct message"
    if not failure.certain:
        return (
            "The conversation exists in Weav. Slack did not confirm that its card was posted in"
            f" {where}, so here it is again."
        )
    why = WHY.get(failure.code, f"Slack says `{failure.code}`")
    reason = f"The conversation exists in Weav. Its card could not be posted in {where}: {why}."
    if channel and failure.code in {"not_in_channel", "channel_not_found"}:
        reason += " To have cards there, type `/invite @Weav` in that channel."
    return reason
