"""What an open form learns: other assignees to pick from, what a customer has open, who reads."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from bot.desk.finding import Finder
from bot.desk.listing import WITHIN, Listing
from bot.desk.meeting import meet
from bot.desk.preparing import Draft, Preparer
from bot.ledger import KnownCustomer, LedgerUnavailable, Memory
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.audience import Audience
from bot.slack.forms import values_of
from bot.slack.gateway import Done, SlackGateway
from bot.slack.late import Late, with_late
from bot.slack.offers import customer_in, customer_label
from bot.slack.payloads import at, text_at
from bot.slack.seen_views import with_assignee_of, with_conversations
from bot.slack.shared_note import noted
from bot.slack.values import FormValues
from bot.weav.models import AssigneeType
from bot.weav.people import NewCustomer

log = get_logger("weav_slack.choosing")

View = Mapping[str, Any]
Draw = Callable[[View], dict[str, Any] | None]
Key = TypeVar("Key")
Kept = TypeVar("Kept")

# Views whose last drawing and choices are remembered, for what was asked for at the same time.
_REMEMBERED: Final = 500


class Chooser:
    def __init__(
        self,
        slack: SlackGateway,
        listing: Listing,
        finder: Finder,
        preparer: Preparer,
        memory: Memory,
    ) -> None:
        self._slack = slack
        self._listing = listing
        self._finder = finder
        self._preparer = preparer
        self._memory = memory
        self._latest: dict[str, View] = {}
        self._states: dict[str, object] = {}
        self._choices: dict[tuple[str, str], object] = {}

    async def opened(
        self, view: View, untold: Awaitable[Draft | None], asked: Awaitable[Audience]
    ) -> None:
        """Add to a new form what its opening did not wait for, all in one drawing.

        `untold`: what its user may see, and it does not show. `asked`: who reads the channel that
        its card goes to.
        """
        stand = {
            ids.CUSTOMER_ID: self._chosen(view, ids.CUSTOMER_ID),
            ids.ASSIGNEE_ID: self._chosen(view, ids.ASSIGNEE_TYPE),
            ids.POST_TO: self._chosen(view, ids.POST_TO),
        }
        late, readers = await asyncio.gather(self._for_user(untold), asked)

        def draw(seen: View) -> dict[str, Any] | None:
            standing = [field for field, stands in stand.items() if stands()]
            return with_late(seen, late, readers, standing)

        await self._redraw(view, draw, last=False)

    async def assignee_type(self, view: View) -> None:
        stands = self._chosen(view, ids.ASSIGNEE_TYPE)
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

        await self._redraw(view, draw, last=True)

    async def customer(self, view: View) -> None:
        """Show what they have open, if Weav tells soon; learn their name for the next time."""
        stands = self._chosen(view, ids.CUSTOMER_ID)
        customer = _known_to_weav(values_of(view))
        several = await self._listing.of(customer) if customer else []
        await self._redraw(
            view, lambda seen: with_conversations(seen, several) if stands() else None, last=False
        )
        if customer:
            await self._meet(str(customer))

    async def readers(self, view: View, asked: Awaitable[Audience]) -> None:
        """Say below `post_to` who reads the chosen channel, if it is not our people alone."""
        stands = self._chosen(view, ids.POST_TO)
        readers = await asked
        await self._redraw(
            view, lambda seen: noted(seen, readers) if stands() else None, last=False
        )

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

    async def _redraw(self, view: View, draw: Draw, *, last: bool) -> None:
        """Draw on top of what is there now; `last`: when that is not known, over it."""
        seen: View | None = view
        while seen is not None:
            drawn = draw(self._with_state(seen))
            if drawn is None:
                return
            result = await self._slack.redraw(seen, drawn)
            if isinstance(result, Done):
                _keep(self._latest, text_at(view, "id"), result.view)
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

    def _with_state(self, seen: View) -> View:
        """Know what stood in the form at the latest choice, which no answer of Slack's tells."""
        state = self._states.get(text_at(seen, "id"), seen.get("state"))
        return {**seen, "state": state}

    def _chosen(self, view: View, field: str) -> Callable[[], bool]:
        """Tell later whether this choice still stands: what was found for an older one is over."""
        view_id, choice = text_at(view, "id"), object()
        key = (view_id, field)
        _keep(self._choices, key, choice)
        if at(view, "state", "values"):
            _keep(self._states, view_id, view["state"])
        return lambda: self._choices.get(key, choice) is choice


def _known_to_weav(values: FormValues) -> UUID | None:
    customer = customer_in(values.customer_id)
    return None if isinstance(customer, NewCustomer) else customer


def _keep(kept: dict[Key, Kept], key: Key, value: Kept) -> None:
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
