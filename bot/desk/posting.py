"""The card of a conversation: drawn for those who will read it, put where its author wants it."""

import time
from collections.abc import Callable

from bot.desk.answers import Answer
from bot.desk.names import Names
from bot.desk.outsiders import Outsiders
from bot.desk.papers import Papers
from bot.ledger import Entry
from bot.slack.cards import Card, summary_card
from bot.slack.delivery import Delivered, deliver
from bot.slack.gateway import Failed, SlackGateway
from bot.slack.short_card import is_short_for, short_card
from bot.slack.text import duration
from bot.weav.models import Conversation
from bot.weav.outcomes import Opened

RECOVERED = "Recovered: Weav's answer was lost on the way, and the bot found the conversation."
# A wait that nobody need explain, in seconds.
SHORT = 15.0


class Poster:
    def __init__(
        self,
        slack: SlackGateway,
        outsiders: Outsiders,
        names: Names,
        link: Callable[[str], str | None],
    ) -> None:
        self._slack = slack
        self._outsiders = outsiders
        self._names = names
        self._link = link

    async def post(
        self, entry: Entry, conversation: Conversation, *, queued: bool = False
    ) -> Delivered | Failed:
        papers = Papers.read(entry.form)
        full = await self._card(entry, conversation, papers, queued=queued)
        card = await self._for_channel(full, conversation, papers.place.slack_channel_id)
        return await deliver(
            self._slack,
            card,
            papers.place,
            entry.slack_user_id,
            for_author=full,
            perhaps_there=bool(entry.route),
        )

    def link_to(self, answer: Answer) -> str:
        """Lead to what was opened in Weav; empty where nothing was, or no address is set."""
        opened = answer.verdict
        return (self._link(opened.conversation.id) or "") if isinstance(opened, Opened) else ""

    async def _for_channel(
        self, full: Card, conversation: Conversation, slack_channel_id: str
    ) -> Card:
        """Know the audience before anything is posted."""
        readers = await self._outsiders.of_card(slack_channel_id)
        if not is_short_for(readers):
            return full
        return short_card(conversation, readers, self._link(conversation.id) or "")

    async def _card(
        self, entry: Entry, conversation: Conversation, papers: Papers, *, queued: bool
    ) -> Card:
        note = RECOVERED if entry.recovered else ""
        waited = waited_by_now(entry)
        if queued or waited > SHORT:
            note = f"{note} It waited {duration(waited, 's', 'min')} for Weav.".strip()
        return summary_card(
            conversation,
            origin=papers.origin,
            slack_user_id=entry.slack_user_id,
            named=await self._names.of(conversation),
            link=self._link(conversation.id) or "",
            note=note,
        )


def waited_by_now(entry: Entry) -> float:
    """Seconds since it was asked for; the row itself knows how many they were when it was read."""
    return entry.waited + time.monotonic() - entry.asked_at
