"""What an open form learns: other assignees to pick from, what a customer has open, who reads."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from bot.desk.drawing import Drawings, View
from bot.desk.finding import Finder
from bot.desk.listing import WITHIN, Listing
from bot.desk.meeting import meet
from bot.desk.preparing import Draft, Preparer
from bot.ledger import KnownCustomer, LedgerUnavailable, Memory
from bot.slack import ids
from bot.slack.audience import Audience
from bot.slack.forms import values_of
from bot.slack.gateway import SlackGateway
from bot.slack.late import Late, with_late
from bot.slack.offers import customer_in, customer_label
from bot.slack.seen_views import with_assignee_of, with_conversations
from bot.slack.shared_note import noted
from bot.slack.values import FormValues
from bot.weav.models import AssigneeType
from bot.weav.people import NewCustomer


class Chooser:
    def __init__(
        self,
        slack: SlackGateway,
        listing: Listing,
        finder: Finder,
        preparer: Preparer,
        memory: Memory,
    ) -> None:
        self._drawings = Drawings(slack)
        self._listing = listing
        self._finder = finder
        self._preparer = preparer
        self._memory = memory

    async def opened(
        self, view: View, untold: Awaitable[Draft | None], asked: Awaitable[Audience]
    ) -> None:
        """Add to a new form what its opening did not wait for, all in one drawing.

        `untold`: what its user may see, and it does not show. `asked`: who reads the channel that
        its card goes to.
        """
        stand = {
            field: self._drawings.chosen(view, field)
            for field in (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO)
        }
        late, readers = await asyncio.gather(self._for_user(untold), asked)

        def draw(seen: View) -> dict[str, Any] | None:
            standing = [field for field, stands in stand.items() if stands()]
            return with_late(seen, late, readers, standing)

        await self._drawings.redraw(view, draw)

    async def assignee_type(self, view: View) -> None:
        stands = self._drawings.chosen(view, ids.ASSIGNEE_TYPE)
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

        def draw(seen: View) -> dict[str, Any] | None:
            return with_assignee_of(seen, kind, values.assignee_id, label) if stands() else None

        await self._drawings.redraw(view, draw)

    async def assignee(self, view: View) -> None:
        """Draw nothing for it, but know of it: the next drawing carries it along."""
        self._drawings.chosen(view, ids.ASSIGNEE_ID)
        await self._drawings.restore(view)

    async def customer(self, view: View) -> None:
        """Show what they have open, if Weav tells soon; learn their name for the next time."""
        stands = self._drawings.chosen(view, ids.CUSTOMER_ID)
        await self._drawings.restore(view)
        customer = _known_to_weav(values_of(view))
        several = await self._listing.of(customer) if customer else []
        await self._drawings.redraw(
            view, lambda seen: with_conversations(seen, several) if stands() else None
        )
        if customer:
            await self._meet(str(customer))

    async def readers(self, view: View, asked: Awaitable[Audience]) -> None:
        """Say below `post_to` who reads the chosen channel, if it is not our people alone."""
        stands = self._drawings.chosen(view, ids.POST_TO)
        readers = await asked
        await self._drawings.redraw(view, lambda seen: noted(seen, readers) if stands() else None)

    def submitted(self, view: View) -> None:
        """Draw nothing over what the submission is answered with."""
        self._drawings.submitted(view)

    async def _for_user(self, untold: Awaitable[Draft | None]) -> Late:
        """Find what the customer has open, and who they are if the form could not name them."""
        draft = await untold
        if draft is None:
            return Late()
        values, around = draft.form.values, draft.around
        customer = _known_to_weav(values)
        if not customer:
            return Late(values, around)
        listing, meeting = self._listing.of(customer), self._meet(str(customer))
        several, met = await asyncio.gather(listing, meeting)
        named = customer_label(met.id, met.name, met.email) if met else ""
        return Late(values, around, several, named or around.labels.get(ids.CUSTOMER_ID, ""))

    async def _meet(self, customer_id: str) -> KnownCustomer | None:
        return await meet(self._memory, self._finder, customer_id, WITHIN)


def _known_to_weav(values: FormValues) -> UUID | None:
    customer = customer_in(values.customer_id)
    return None if isinstance(customer, NewCustomer) else customer
