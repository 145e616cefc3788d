"""The form answers a choice: other assignees to pick from, what a customer has open."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.desk.finding import Finder
from bot.desk.preparing import Preparer
from bot.ledger import KnownCustomer, LedgerUnavailable, Memory
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.already import OpenConversation
from bot.slack.forms import values_of
from bot.slack.gateway import Done, SlackGateway
from bot.slack.offers import customer_in
from bot.slack.payloads import text_at
from bot.slack.seen_views import with_assignee_of, with_conversations
from bot.slack.shared_note import noted
from bot.weav.client import LookUpFailed, WeavClient
from bot.weav.models import AssigneeType, Conversation, Status
from bot.weav.people import NewCustomer

log = get_logger("weav_slack.choosing")

View = Mapping[str, Any]
Draw = Callable[[View], dict[str, Any] | None]

# Seconds; whoever fills in a form is past this by then.
WITHIN: Final = 3.0
MOST: Final = 3
# Views whose last drawing is remembered, for the next one that was asked for at the same time.
_REMEMBERED: Final = 500


class Chooser:
    def __init__(
        self,
        slack: SlackGateway,
        weav: WeavClient,
        finder: Finder,
        preparer: Preparer,
        memory: Memory,
        link: Callable[[str], str | None],
    ) -> None:
        self._slack = slack
        self._weav = weav
        self._finder = finder
        self._preparer = preparer
        self._memory = memory
        self._link = link
        self._latest: dict[str, View] = {}

    async def assignee_type(self, view: View) -> None:
        values = values_of(view)
        kind = values.assignee_type
        label = ""
        try:
            async with asyncio.timeout(WITHIN):
                label = (await self._preparer.labels(values)).get(ids.ASSIGNEE_ID, "")
        except (LedgerUnavailable, TimeoutError):
            pass  # the ID will do
        if kind == AssigneeType.AGENT:
            self._finder.start_agents()
        await self._redraw(
            view, lambda seen: with_assignee_of(seen, kind, values.assignee_id, label), last=True
        )

    async def customer(self, view: View) -> None:
        """Show what they have open, if Weav tells soon; learn their name for the next time."""
        customer = customer_in(values_of(view).customer_id)
        found: list[OpenConversation] = []
        if customer and not isinstance(customer, NewCustomer):
            try:
                async with asyncio.timeout(WITHIN):
                    listed = await self._weav.customer_conversations(customer)
            except TimeoutError:
                listed = LookUpFailed("late")
            found = [] if isinstance(listed, LookUpFailed) else self._open(listed)
        await self._redraw(view, lambda seen: with_conversations(seen, found), last=False)
        if customer and not isinstance(customer, NewCustomer):
            await self._meet(str(customer))

    async def readers(self, view: View, *, shared: bool) -> None:
        """Say below `post_to` whether people of other organisations read the chosen channel."""
        await self._redraw(view, lambda seen: noted(seen, shared=shared), last=False)

    async def _meet(self, customer_id: str) -> None:
        try:
            known = await self._memory.customer(customer_id)
            if known and (known.name or known.email):
                return
            found = await self._finder.customer(customer_id, WITHIN)
            if isinstance(found, KnownCustomer):
                await self._memory.learn(found)
        except LedgerUnavailable as error:
            log.warning("not_learned", error=str(error))

    def _open(self, listed: tuple[Conversation, ...]) -> list[OpenConversation]:
        still_open = [each for each in listed if each.status == Status.OPEN]
        still_open.sort(key=_moved_at, reverse=True)
        now = time.time()
        return [
            OpenConversation(
                each,
                max(now - each.created_at.timestamp(), 0.0) if each.created_at else None,
                self._link(each.id) or "",
            )
            for each in still_open[:MOST]
        ]

    async def _redraw(self, view: View, draw: Draw, *, last: bool) -> None:
        """Draw on top of what is there now; `last`: when that is not known, over it."""
        seen: View | None = view
        while seen is not None:
            drawn = draw(seen)
            if drawn is None:
                return
            result = await self._slack.redraw(seen, drawn)
            if isinstance(result, Done):
                self._remember(text_at(view, "id"), result.view)
                return
            if result.code != "hash_conflict" or "hash" not in seen:
                log.info("form_not_redrawn", code=result.code)
                return
            seen = self._later(seen, view, last=last)

    def _later(self, seen: View, view: View, *, last: bool) -> View | None:
        """Know what was drawn since, here or (without a hash, which conflicts with nothing) not."""
        latest = self._latest.get(text_at(view, "id"))
        if latest is not None and latest.get("hash") != seen.get("hash"):
            return latest
        return {name: part for name, part in seen.items() if name != "hash"} if last else None

    def _remember(self, view_id: str, view: View) -> None:
        self._latest.pop(view_id, None)
        self._latest[view_id] = view
        while len(self._latest) > _REMEMBERED:
            del self._latest[next(iter(self._latest))]


def _moved_at(conversation: Conversation) -> float:
    moments = (conversation.last_message_at, conversation.updated_at, conversation.created_at)
    return max((each.timestamp() for each in moments if each), default=0.0)
