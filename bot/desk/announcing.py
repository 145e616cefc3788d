"""The outcome reaches people: the card its channel, the answer its author."""

from collections.abc import Awaitable
from dataclasses import dataclass

from bot.desk.answers import Answer
from bot.desk.insisting import insist
from bot.desk.persisting import again, put_off
from bot.desk.posting import Poster, waited_by_now
from bot.desk.telling import message_of, view_of
from bot.figures import Figures
from bot.ledger import Entry, Ledger
from bot.logs import get_logger
from bot.slack.cards import Card
from bot.slack.delivery import Delivered
from bot.slack.gateway import Done, Failed, Result, SlackGateway
from bot.slack.values import Reopening
from bot.weav.models import Conversation

log = get_logger("weav_slack.announcing")


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
        poster: Poster,
        again: float,
        figures: Figures,
    ) -> None:
        """`again`: seconds until the first of the other attempts when Slack takes nothing."""
        self._ledger = ledger
        self._slack = slack
        self._poster = poster
        self._figures = figures
        self._again = again

    async def post(self, entry: Entry, conversation: Conversation) -> Delivered | Failed:
        """Post the card while the answer is still being written down, for `announce` to note."""
        return await self._poster.post(entry, conversation)

    async def announce(
        self,
        entry: Entry,
        conversation: Conversation,
        *,
        queued: bool = False,
        posted: Awaitable[Delivered | Failed] | None = None,
    ) -> None:
        """Post the card of a row in state `opened`; a crash before the record posts it again."""
        result = await (posted or self._poster.post(entry, conversation, queued=queued))
        if isinstance(result, Delivered):
            self._figures.cards.labels(result.route).inc()
            self._figures.card_posted.observe(waited_by_now(entry))
            log.info("announced", entry=entry.id, route=result.route)
            where = (result.route, result.slack_channel_id, result.message_ts)
            await insist(lambda: self._ledger.announced(entry, *where), entry)
        elif next_one := again(entry, result, self._again):
            log.warning("card_not_posted", entry=entry.id, code=result.code)
            await put_off(self._ledger, entry, next_one, "" if result.certain else "channel")
        else:
            log.error("card_given_up", entry=entry.id, code=result.code)
            self._figures.cards.labels("nowhere").inc()
            await insist(lambda: self._ledger.announced(entry, "nowhere", "", ""), entry)

    async def show(self, answer: Answer, form: Reopening, spot: Spot) -> Result:
        """Put the answer where the author looks, or send it; Failed: Slack took it nowhere."""
        if spot.view_id:
            shown = await self._slack.update_view(spot.view_id, view_of(answer, form))
        elif spot.response_url:
            shown = await self._slack.respond(
                spot.response_url, self._message(answer, form), replace_original=True
            )
        else:
            return await self.message(answer, form, spot.slack_user_id)
        if isinstance(shown, Done):
            return shown
        return await self.message(answer, form, spot.slack_user_id)

    async def message(self, answer: Answer, form: Reopening, slack_user_id: str) -> Result:
        """Send the answer to its author as a direct message."""
        sent = await self._slack.message(slack_user_id, self._message(answer, form))
        if isinstance(sent, Failed):
            log.warning("author_not_reached", entry=answer.entry_id, code=sent.code)
        return sent

    def _message(self, answer: Answer, form: Reopening) -> Card:
        return message_of(answer, form, self._poster.link_to(answer))

    async def note_told(self, entry: Entry | None, said: Result) -> None:
        """Record that the author knows, or leave the row to another attempt."""
        if entry is None:
            return
        if isinstance(said, Failed) and (next_one := again(entry, said, self._again)):
            await put_off(self._ledger, entry, next_one)
        else:
            await insist(lambda: self._ledger.told(entry), entry)
