"""Tells people the outcome: posts the card to its channel and the reply to its author."""

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
from bot.slack.cache import put_bounded
from bot.slack.client import REJECTED
from bot.weav.models import Conversation

log = get_logger("weav_slack.announcer")
# The same use is written at most once in so many seconds; the process remembers so many uses.
_WRITE_AGAIN_AFTER: Final = 600.0
_MAX_USES: Final = 1000


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """Where to show the reply: home tab, open modal, existing message, or direct message."""

    slack_user_id: str
    view_id: str = ""
    response_url: str = ""
    in_home_tab: bool = False


@dataclass(eq=False, repr=False)
class CustomerUses:
    """Records who uses a customer where; `start_learning` looks up their name in the background."""

    _customers: KnownCustomers
    _start_learning: Callable[[str], object]
    _clock: Callable[[], float] = time.monotonic
    _fresh_until: dict[tuple[str, str, str], float] = field(default_factory=dict, init=False)

    async def note_use(self, entry: Entry) -> None:
        """Record the use, or log that the database is away: a lost use does no harm."""
        customer_id = (entry.request or {}).get(ids.CUSTOMER_ID, "")
        form = FilledForm.load(entry.form)
        channel = form.origin.slack_channel_id or form.values.post_to
        use = (customer_id, channel, entry.slack_user_id)
        if not customer_id or self._fresh_until.get(use, 0.0) > self._clock():
            return
        with logged_if_unavailable(log, "use_not_noted"):
            await self._customers.record_use(*use)
            put_bounded(self._fresh_until, use, self._clock() + _WRITE_AGAIN_AFTER, _MAX_USES)
            self._start_learning(customer_id)


@dataclass(eq=False, repr=False)
class Announcer:
    """`schedule_look` gets each conversation's id when it has a card, before that is recorded.

    It may raise LedgerUnavailable.
    """

    _ledger: Ledger
    _slack: SlackApi
    _cards: CardPoster
    _publish_home_tab: Callable[[str], Awaitable[ApiResult]]
    _customer_uses: CustomerUses
    _delivery: Backoff
    _metrics: Metrics
    _schedule_look: Callable[[str], Awaitable[None]] | None = None

    async def announce(
        self,
        entry: Entry,
        conversation: Conversation,
        *,
        queued: bool = False,
        posting: Awaitable[Delivered | Failed] | None = None,
    ) -> bool:
        """Post the card of a row in state `opened`; a crash before it is recorded posts it again.

        False: nothing was posted, because another worker has the row or is about to take it.
        """
        if posting is None and not await self._is_held(entry):
            log.warning("too_late_to_post", entry=entry.id)
            return False
        result = await (posting or self._cards.post(entry, conversation, queued=queued))
        if isinstance(result, Delivered):
            self._metrics.cards.labels(result.route).inc()
            self._metrics.card_posted.observe(seconds_waited(entry))
            log.info("announced", entry=entry.id, route=result.route)
            if schedule_look := self._schedule_look:
                await retry_until_written(lambda: schedule_look(conversation.id), entry)
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
        if self._ledger.still_holds(entry):
            return True
        try:
            return await self._ledger.hold(entry) is not None
        except LedgerUnavailable:
            return False

    async def show(self, reply: Reply, form: FilledForm, target: ReplyTarget) -> ApiResult:
        """Show the reply at the target, or send it directly; Failed: Slack took neither."""
        shown: ApiResult | None = None
        if target.in_home_tab:
            shown = await self._publish_home_tab(target.slack_user_id)
        elif target.view_id:
            shown = await self._slack.update_view(target.view_id, view_of(reply, form))
        elif target.response_url:
            shown = await self._slack.respond(
                target.response_url, self._message(reply, form), replace_original=True
            )
        if isinstance(shown, Done):
            return shown
        return await self.send_directly(reply, form, target.slack_user_id)

    async def send_directly(self, reply: Reply, form: FilledForm, slack_user_id: str) -> ApiResult:
        """Send the reply to its author as a direct message."""
        sent = await self._slack.direct_message(slack_user_id, self._message(reply, form))
        if isinstance(sent, Failed):
            log.warning("author_not_reached", code=sent.code)
        return sent

    def _message(self, reply: Reply, form: FilledForm) -> Message:
        link = (
            self._cards.drawer.link_to(reply.conversation.id) if isinstance(reply, Created) else ""
        )
        return message_of(reply, form, link)

    async def note_told(self, entry: Entry | None, shown: ApiResult) -> None:
        """Record that the author knows, or put the row off for another attempt."""
        if entry is None:
            return
        if isinstance(shown, Failed) and (next_try := self._next_try(entry, shown)):
            await put_off(self._ledger, entry, next_try)
        else:
            await retry_until_written(lambda: self._ledger.told(entry), entry)

    def _next_try(self, entry: Entry, failed: Failed) -> NextTry | None:
        """None: time to give up. A rejected token does not count as trying."""
        return self._delivery.after(entry.tried_for, counts=failed.code not in REJECTED)
