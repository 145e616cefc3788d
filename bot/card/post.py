"""The card of a conversation on its way to where its author wants it.

The route: the channel or thread → the form's response_url → the author's direct messages.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from slack_sdk.models.blocks import SectionBlock
from slack_sdk.models.blocks.basic_components import MarkdownTextObject

from bot.access.audience import ChannelReaders
from bot.card.render import is_short_for, short_card, summary_card
from bot.directory import Names
from bot.form.stored import Place, StoredForm
from bot.ledger import Entry
from bot.slack.api import Done, Failed, Result, SlackApi
from bot.slack.elements import channel_name
from bot.slack.message import Message
from bot.slack.text import duration
from bot.weav.models import Conversation

Route = Literal["channel", "response_url", "direct"]
# https://docs.slack.dev/reference/methods/chat.postMessage#errors, those that a person can mend.
WHY = {
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


@dataclass(frozen=True, slots=True)
class Delivered:
    route: Route
    slack_channel_id: str = ""
    message_ts: str = ""


async def deliver(
    slack: SlackApi,
    card: Message,
    place: Place,
    author: str,
    *,
    for_author: Message | None = None,
    perhaps_there: bool = False,
) -> Delivered | Failed:
    """Post the card once on the first way that takes it; `Failed`: on no way, ask again later.

    A post that may have arrived is not made a second time in the channel: the author is told, with
    `for_author` where the channel would have got less. `Failed` that is not `certain` means such a
    post; whoever asks again says so with `perhaps_there`.
    """
    if perhaps_there:
        again = _with_reason(for_author or card, place, _NOT_CONFIRMED)
        return _directly(await slack.post(author, again), _NOT_CONFIRMED)
    posted = await slack.post(place.slack_channel_id, card, place.thread_ts)
    if isinstance(posted, Done):
        return Delivered("channel", posted.slack_channel_id, posted.message_ts)
    if posted.certain and place.response_url:
        answered = await slack.respond(
            place.response_url, card, in_channel=True, thread_ts=place.thread_ts
        )
        if isinstance(answered, Done):
            return Delivered("response_url", place.slack_channel_id)
        if not answered.certain:
            posted = answered
    direct = await slack.message(author, _with_reason(for_author or card, place, posted))
    return _directly(direct, posted)


def _directly(direct: Result, posted: Failed) -> Delivered | Failed:
    if isinstance(direct, Done):
        return Delivered("direct", direct.slack_channel_id, direct.message_ts)
    return replace(direct, certain=posted.certain)


def _with_reason(card: Message, place: Place, failure: Failed) -> Message:
    channel = channel_name(place.slack_channel_id)
    where = channel or "your direct message"
    if failure.certain:
        why = WHY.get(failure.code, f"Slack says `{failure.code}`")
        reason = f"The conversation exists in Weav. Its card could not be posted in {where}: {why}."
        if channel and failure.code in {"not_in_channel", "channel_not_found"}:
            reason += " To have cards there, type `/invite @Weav` in that channel."
    else:
        reason = (
            "The conversation exists in Weav. Slack did not confirm that its card was posted in"
            f" {where}, so here it is again."
        )
    block = SectionBlock(text=MarkdownTextObject(text=reason)).to_dict()
    return Message(text=f"{reason} {card.text}", blocks=[block, *card.blocks])


RECOVERED = "Recovered: Weav's answer was lost on the way, and the bot found the conversation."
# A wait that nobody need explain, in seconds.
SHORT = 15.0


class CardPoster:
    def __init__(
        self,
        slack: SlackApi,
        channel_readers: ChannelReaders,
        names: Names,
        link: Callable[[str], str | None],
    ) -> None:
        self._slack = slack
        self._channel_readers = channel_readers
        self._names = names
        self._link = link

    async def post(
        self, entry: Entry, conversation: Conversation, *, queued: bool = False
    ) -> Delivered | Failed:
        stored = StoredForm.read(entry.form)
        full = await self._card(entry, conversation, stored, queued=queued)
        card = await self._for_channel(full, conversation, stored.place.slack_channel_id)
        return await deliver(
            self._slack,
            card,
            stored.place,
            entry.slack_user_id,
            for_author=full,
            perhaps_there=bool(entry.route),
        )

    def link_to(self, conversation: Conversation) -> str:
        """Lead to it in Weav; empty where no address is set."""
        return self._link(conversation.id) or ""

    async def _for_channel(
        self, full: Message, conversation: Conversation, slack_channel_id: str
    ) -> Message:
        """Know the audience before anything is posted."""
        readers = await self._channel_readers.of_card(slack_channel_id)
        if not is_short_for(readers):
            return full
        return short_card(conversation, readers, self._link(conversation.id) or "")

    async def _card(
        self, entry: Entry, conversation: Conversation, stored: StoredForm, *, queued: bool
    ) -> Message:
        note = RECOVERED if entry.recovered else ""
        waited = waited_by_now(entry)
        if queued or waited > SHORT:
            note = f"{note} It waited {duration(waited, 's', 'min')} for Weav.".strip()
        return summary_card(
            conversation,
            origin=stored.origin,
            slack_user_id=entry.slack_user_id,
            named=await self._names.of(conversation),
            link=self._link(conversation.id) or "",
            note=note,
        )


def waited_by_now(entry: Entry) -> float:
    """Seconds since it was asked for; the row itself knows how many they were when it was read."""
    return entry.waited + time.monotonic() - entry.asked_at
