"""The outcome reaches people: the card its channel, the answer its author."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from bot.desk.answers import Answer
from bot.desk.insisting import insist
from bot.desk.names import Names
from bot.desk.outsiders import Outsiders
from bot.desk.papers import Papers
from bot.desk.telling import message_of, view_of
from bot.figures import Figures
from bot.ledger import Entry, Ledger
from bot.logs import get_logger
from bot.slack.cards import Card, summary_card
from bot.slack.delivery import Delivered, deliver
from bot.slack.gateway import Done, SlackGateway
from bot.slack.short_card import short_card
from bot.slack.values import Reopening
from bot.weav.models import Conversation

log = get_logger("weav_slack.announcing")

RECOVERED = "Recovered: Weav's answer was lost on the way, and the bot found the conversation."
# A wait that nobody need explain, in seconds.
SHORT = 15.0
# The age in seconds at which the bot gives up reaching Slack.
TOO_OLD = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the author sees the answer: the modal, else the message, else a direct message."""

    slack_user_id: str
    view_id: str = ""
    response_url: str = ""


class Announcer:
    def __init__(
        self,
        ledger: Ledger,
        slack: SlackGateway,
        outsiders: Outsiders,
        names: Names,
        link: Callable[[str], str | None],
        again: float,
        figures: Figures,
    ) -> None:
        """`again`: seconds until another attempt when Slack takes nothing."""
        self._ledger = ledger
        self._slack = slack
        self._outsiders = outsiders
        self._names = names
        self._figures = figures
        self._link = link
        self._again = again

    async def announce(self, entry: Entry, conversation: Conversation, *, queued: bool) -> None:
        """Post the card of a row in state `opened`; a crash before the record posts it again."""
        papers = Papers.read(entry.form)
        began = perf_counter()
        full = await self._card(entry, conversation, papers, queued=queued)
        card = await self._for_channel(full, conversation, papers.place.slack_channel_id)
        result = await deliver(
            self._slack, card, papers.place, entry.slack_user_id, for_author=full
        )
        if isinstance(result, Delivered):
            self._figures.cards.labels(result.route).inc()
            self._figures.card_posted.observe(entry.waited + perf_counter() - began)
            log.info("announced", entry=entry.id, route=result.route)
            where = (result.route, result.slack_channel_id, result.message_ts)
            await insist(lambda: self._ledger.announced(entry, *where), entry)
        elif entry.waited > TOO_OLD:
            log.error("card_given_up", entry=entry.id, code=result.code)
            self._figures.cards.labels("nowhere").inc()
            await insist(lambda: self._ledger.announced(entry, "nowhere", "", ""), entry)
        else:
            log.warning("card_not_posted", entry=entry.id, code=result.code)
            await insist(lambda: self._ledger.later(entry, self._again), entry)

    async def show(self, answer: Answer, form: Reopening, spot: Spot) -> bool:
        """Put the answer where the author looks, or send it; False: Slack took it nowhere."""
        if spot.view_id:
            shown = await self._slack.update_view(spot.view_id, view_of(answer, form))
        elif spot.response_url:
            shown = await self._slack.respond(
                spot.response_url, message_of(answer, form), replace_original=True
            )
        else:
            return await self.message(answer, form, spot.slack_user_id)
        return isinstance(shown, Done) or await self.message(answer, form, spot.slack_user_id)

    async def message(self, answer: Answer, form: Reopening, slack_user_id: str) -> bool:
        """Send the answer to its author as a direct message."""
        sent = await self._slack.message(slack_user_id, message_of(answer, form))
        if not isinstance(sent, Done):
            log.warning("author_not_reached", entry=answer.entry_id, code=sent.code)
        return isinstance(sent, Done)

    async def note_told(self, entry: Entry | None, *, reached: bool) -> None:
        """Record that the author knows, or leave the row to another attempt."""
        if entry is None:
            return
        if reached or entry.waited > TOO_OLD:
            await insist(lambda: self._ledger.told(entry), entry)
        else:
            await insist(lambda: self._ledger.later(entry, self._again), entry)

    async def _for_channel(
        self, full: Card, conversation: Conversation, slack_channel_id: str
    ) -> Card:
        """Know the audience before anything is posted."""
        if not await self._outsiders.may_read(slack_channel_id):
            return full
        return short_card(conversation, self._link(conversation.id) or "")

    async def _card(
        self, entry: Entry, conversation: Conversation, papers: Papers, *, queued: bool
    ) -> Card:
        note = RECOVERED if entry.recovered else ""
        if queued or entry.waited > SHORT:
            note = f"{note} It waited {_for_humans(entry.waited)} for Weav.".strip()
        return summary_card(
            conversation,
            origin=papers.origin,
            slack_user_id=entry.slack_user_id,
            named=await self._names.of(conversation),
            link=self._link(conversation.id) or "",
            note=note,
        )


def _for_humans(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
