"""The outcome reaches people: the card its channel, the answer its author."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk.answers import Answer
from bot.desk.papers import Papers
from bot.desk.telling import message_of, view_of
from bot.ledger import Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack.cards import Card, summary_card
from bot.slack.delivery import Delivered, deliver
from bot.slack.gateway import Done, SlackGateway
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
        self, ledger: Ledger, slack: SlackGateway, link: Callable[[str], str | None], again: float
    ) -> None:
        """`again`: seconds until another attempt when Slack takes nothing."""
        self._ledger = ledger
        self._slack = slack
        self._link = link
        self._again = again

    async def announce(self, entry: Entry, conversation: Conversation, *, queued: bool) -> None:
        """Post the card of a row in state `opened`; a crash before the record posts it again."""
        papers = Papers.read(entry.form)
        card = self._card(entry, conversation, papers, queued=queued)
        result = await deliver(self._slack, card, papers.place, entry.slack_user_id)
        if isinstance(result, Delivered):
            log.info("announced", entry=entry.id, route=result.route)
            await self._ledger.announced(
                entry, result.route, result.slack_channel_id, result.message_ts
            )
        elif entry.waited > TOO_OLD:
            log.error("card_given_up", entry=entry.id, code=result.code)
            await self._ledger.announced(entry, "nowhere", "", "")
        else:
            log.warning("card_not_posted", entry=entry.id, code=result.code)
            await self._ledger.later(entry, self._again)

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
        sent = await self._slack.post(slack_user_id, message_of(answer, form))
        if not isinstance(sent, Done):
            log.warning("author_not_reached", entry=answer.entry_id, code=sent.code)
        return isinstance(sent, Done)

    async def note_told(self, entry: Entry | None, *, reached: bool) -> None:
        """Record that the author knows, or leave the row to another attempt."""
        if entry is None:
            return
        try:
            if reached or entry.waited > TOO_OLD:
                await self._ledger.told(entry)
            else:
                await self._ledger.later(entry, self._again)
        except LedgerUnavailable:
            log.warning("told_not_recorded", entry=entry.id)  # the author is told once more

    def _card(
        self, entry: Entry, conversation: Conversation, papers: Papers, *, queued: bool
    ) -> Card:
        note = RECOVERED if entry.recovered else ""
        if queued or entry.waited > SHORT:
            note = f"{note} It waited {_for_humans(entry.waited)} for Weav.".strip()
        return summary_card(
            conversation,
            origin=papers.origin,
            slack_user_id=entry.slack_user_id,
            link=self._link(conversation.id) or "",
            note=note,
        )


def _for_humans(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
