"""The outcome reaches people: the card its channel, the answer its author."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bot.card.post import CardPoster, Delivered, seconds_waited
from bot.form.reply import Created, Reply, message_of, view_of
from bot.form.values import FilledForm
from bot.ledger import Entry, KnownCustomers, Ledger, LedgerUnavailable, logged_if_unavailable
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.retry import Backoff, NextTry, put_off, retry_until_written
from bot.slack import ids
from bot.slack.api import ApiResult, Done, Failed, SlackApi
from bot.slack.blocks import Message
from bot.slack.client import REJECTED
from bot.weav.models import Conversation

log = get_logger("weav_slack.announcer")
# Seconds in which the same use is not written again, and how many uses that is known of.
_OFTEN: Final = 600.0
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """Where the author sees the answer: the modal or home tab, the message, or a direct message."""

    slack_user_id: str
    view_id: str = ""
    response_url: str = ""
    in_home_tab: bool = False


@dataclass(eq=False, repr=False)
class CustomerUses:
    """`start_meeting` learns who a customer is, and nobody waits for it."""

    _customers: KnownCustomers
    _start_meeting: Callable[[str], object]
    _clock: Callable[[], float] = time.monotonic
    _fresh_until: dict[tuple[str, str, str], float] = field(default_factory=dict, init=False)

    async def note_use(self, entry: Entry) -> None:
        """Beside the straight way: a use that is not written is not missed."""
        customer_id = (entry.request or {}).get(ids.CUSTOMER_ID, "")
        form = FilledForm.load(entry.form)
        channel = form.origin.slack_channel_id or form.values.post_to
        use = (customer_id, channel, entry.slack_user_id)
        if not customer_id or self._fresh_until.get(use, 0.0) > self._clock():
            return
        with logged_if_unavailable(log, "use_not_noted"):
            await self._customers.note_use(*use)
            if len(self._fresh_until) >= _MOST:
                self._fresh_until.clear()
            self._fresh_until[use] = self._clock() + _OFTEN
            self._start_meeting(customer_id)


@dataclass(eq=False, repr=False)
class Announcer:
    """`expect` is told of each conversation that has got a card, before that is recorded.

    It may raise LedgerUnavailable.
    """

    _ledger: Ledger
    _slack: SlackApi
    _cards: CardPoster
    _publish_home_tab: Callable[[str], Awaitable[ApiResult]]
    _customer_uses: CustomerUses
    _delivery: Backoff
    _metrics: Metrics
    _expect: Callable[[str], Awaitable[None]] | None = None

    async def announce(
        self,
        entry: Entry,
        conversation: Conversation,
        *,
        queued: bool = False,
        posting: Awaitable[Delivered | Failed] | None = None,
    ) -> bool:
        """Post the card of a row in state `opened`; a crash before the record posts it again.

        False: nothing is posted, since somebody else has the row by now, or soon.
        """
        if posting is None and not await self._is_held(entry):
            log.warning("too_late_to_post", entry=entry.id)
            return False
        result = await (posting or self._cards.post(entry, conversation, queued=queued))
        if isinstance(result, Delivered):
            self._metrics.cards.labels(result.route).inc()
            self._metrics.card_posted.observe(seconds_waited(entry))
            log.info("announced", entry=entry.id, route=result.route)
            if expect := self._expect:
                await retry_until_written(lambda: expect(conversation.id), entry)
            where = (result.route, result.slack_channel_id, result.message_ts)
            facts = result.facts.model_dump(exclude_defaults=True)
            await retry_until_written(lambda: self._ledger.announced(entry, *where, facts), entry)
        elif next_try := self._next_try(entry, result):
            log.warning("card_not_posted", entry=entry.id, code=result.code)
            await put_off(self._ledger, entry, next_try, "" if result.certain else "channel")
        else:
            log.error("card_given_up", entry=entry.id, code=result.code)
            self._metrics.cards.labels("nowhere").inc()
            await retry_until_written(
                lambda: self._ledger.announced(entry, "nowhere", "", ""), entry
            )
        await self._customer_uses.note_use(entry)
        return True

    async def _is_held(self, entry: Entry) -> bool:
        if self._ledger.surely_holds(entry):
            return True
        try:
            return await self._ledger.hold(entry) is not None
        except LedgerUnavailable:
            return False

    async def show(self, reply: Reply, form: FilledForm, target: ReplyTarget) -> ApiResult:
        """Put the answer where the author looks, or send it; Failed: Slack took it nowhere."""
        if target.in_home_tab:
            shown = await self._publish_home_tab(target.slack_user_id)
        elif target.view_id:
            shown = await self._slack.update_view(target.view_id, view_of(reply, form))
        elif target.response_url:
            shown = await self._slack.respond(
                target.response_url, self._message(reply, form), replace_original=True
            )
        else:
            return await self.message(reply, form, target.slack_user_id)
        if isinstance(shown, Done):
            return shown
        return await self.message(reply, form, target.slack_user_id)

    async def message(self, reply: Reply, form: FilledForm, slack_user_id: str) -> ApiResult:
        """Send the answer to its author as a direct message."""
        sent = await self._slack.message(slack_user_id, self._message(reply, form))
        if isinstance(sent, Failed):
            log.warning("author_not_reached", code=sent.code)
        return sent

    def _message(self, reply: Reply, form: FilledForm) -> Message:
        link = (
            self._cards.drawer.link_to(reply.conversation.id) if isinstance(reply, Created) else ""
        )
        return message_of(reply, form, link)

    async def note_told(self, entry: Entry | None, said: ApiResult) -> None:
        """Record that the author knows, or leave the row to another attempt."""
        if entry is None:
            return
        if isinstance(said, Failed) and (next_try := self._next_try(entry, said)):
            await put_off(self._ledger, entry, next_try)
        else:
            await retry_until_written(lambda: self._ledger.told(entry), entry)

    def _next_try(self, entry: Entry, failed: Failed) -> NextTry | None:
        """None: it was tried for long enough. A rejected token says nothing of the row."""
        return self._delivery.after(entry.tried_for, counts=failed.code not in REJECTED)
