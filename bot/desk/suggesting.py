"""What the two selects of the form offer, in time whatever Weav does."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.desk.finding import Finder, Listed
from bot.ledger import Defaults, KnownCustomer, LedgerUnavailable, Memory, WeavUser
from bot.ledger.folding import searchable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.offers import (
    NOTHING,
    UNCHECKED,
    Offer,
    create_offer,
    customer_label,
    new_customer_in,
)
from bot.slack.uuids import uuid_in
from bot.tasks import Tasks
from bot.weav.client import LookUpFailed
from bot.weav.models import AssigneeType

log = get_logger("weav_slack.suggesting")

# Seconds of the 1.2 s in which an answer must leave: for our database, and for all together.
LOCAL_WITHIN: Final = 0.5
WITHIN: Final = 1.0
MOST: Final = 20

HERE: Final = "Used here lately"
YOURS: Final = "Recent with you"
SEEN: Final = "Seen by the bot before"
COMPANY: Final = "Customer of this channel's company"
CONFIRMED: Final = "Confirmed in Weav"
NOT_ASKED: Final = "Not everybody could be looked up"
NO_PEOPLE: Final = "Weav's API does not list people"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who types what into a select, and in which Slack channel (empty: not known)."""

    query: str
    slack_channel_id: str
    slack_user_id: str


class Suggester:
    def __init__(self, memory: Memory, finder: Finder, tasks: Tasks) -> None:
        self._memory = memory
        self._finder = finder
        self._tasks = tasks

    async def customers(self, asking: Asking) -> list[Offer]:
        """Never empty because something failed: then an offer says so."""
        deadline = asyncio.get_running_loop().time() + WITHIN
        customer_id = str(uuid_in(asking.query, "customer") or "")
        if customer_id:
            self._finder.start_customer(customer_id)
        seen, defaults, trouble = await self._local(asking, customer_id)
        company = await self._company(defaults, deadline)
        offers = [_seen_offer(each) for each in seen]
        if isinstance(company, LookUpFailed):
            trouble = trouble or company.reason
        else:
            offers += _company_offers(company, customer_id, asking.query)
        if customer_id and not any(offer.value == customer_id for offer in offers):
            offers.append(await self._pasted(customer_id, deadline))
        known = [each.email for each in seen]
        if isinstance(company, Sequence):
            known += [each.customer.email for each in company]
        return _completed(offers, asking.query, known, trouble)

    async def assignees(self, kind: str, asking: Asking) -> list[Offer]:
        pasted = str(uuid_in(asking.query, "assignee") or "")
        if kind == AssigneeType.AGENT:
            return await self._agents(asking.query, pasted)
        return await self._people(asking, pasted)

    async def _local(
        self, asking: Asking, customer_id: str
    ) -> tuple[list[KnownCustomer], Defaults, str]:
        channel, author = asking.slack_channel_id, asking.slack_user_id
        try:
            async with asyncio.timeout(LOCAL_WITHIN):
                defaults = await self._memory.defaults(channel)
                if customer_id:
                    one = await self._memory.customer(customer_id, channel, author)
                    return [one] if one and (one.name or one.email) else [], defaults, ""
                return await self._memory.search(asking.query, channel, author, MOST), defaults, ""
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("not_searched", error=str(error))
            return [], Defaults({}), "The bot's database does not answer"

    async def _company(
        self, defaults: Defaults, deadline: float
    ) -> tuple[Listed, ...] | LookUpFailed:
        company_id = defaults.chosen.get(ids.COMPANY_ID, "")
        if not company_id:
            return ()
        return await self._finder.company(company_id, _left(deadline))

    async def _pasted(self, customer_id: str, deadline: float) -> Offer:
        found = await self._finder.customer(customer_id, _left(deadline))
        if isinstance(found, KnownCustomer):
            self._tasks.spawn(self.learn(found), name="learn")
            return Offer(customer_id, _label(found), CONFIRMED)
        return Offer(customer_id, UNCHECKED, found.reason)

    async def learn(self, customer: KnownCustomer) -> None:
        try:
            await self._memory.learn(customer)
        except LedgerUnavailable as error:
            log.warning("not_learned", error=str(error))  # Weav is asked again another time

    async def _agents(self, query: str, pasted: str) -> list[Offer]:
        agents = await self._finder.agents(WITHIN)
        if isinstance(agents, LookUpFailed):
            unchecked = Offer(pasted, UNCHECKED, agents.reason)
            return [unchecked if pasted else Offer(NOTHING, "No agents to show", agents.reason)]
        offers = [
            Offer(str(each.id), each.name or str(each.id), "Active in Weav")
            for each in agents
            if str(each.id) == pasted or (not pasted and _has(each.name or "", query))
        ]
        if pasted and not offers:
            return [Offer(pasted, UNCHECKED, "None of Weav's active agents")]
        return offers

    async def _people(self, asking: Asking, pasted: str) -> list[Offer]:
        query = "" if pasted or _is_me(asking.query) else asking.query
        try:
            async with asyncio.timeout(LOCAL_WITHIN):
                users = await self._memory.users(query, asking.slack_user_id, MOST)
        except (LedgerUnavailable, TimeoutError):
            users = []
            if not pasted:
                return [Offer(NOTHING, "Nobody to show", "The bot's database does not answer")]
        offers = [_user_offer(each, asking.slack_user_id) for each in users]
        if not pasted:
            return offers
        return [each for each in offers if each.value == pasted] or [
            Offer(pasted, UNCHECKED, NO_PEOPLE)
        ]


def _left(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()


def _label(customer: KnownCustomer) -> str:
    return customer_label(customer.id, customer.name, customer.email)


def _seen_offer(customer: KnownCustomer) -> Offer:
    reason = HERE if customer.in_channel else YOURS if customer.by_author else SEEN
    return Offer(customer.id, _label(customer), reason)


def _company_offers(company: Iterable[Listed], customer_id: str, query: str) -> list[Offer]:
    fitting = (
        each.customer
        for each in company
        if (each.customer.id == customer_id if customer_id else each.has(query))
    )
    return [Offer(customer.id, _label(customer), COMPANY) for customer in fitting]


def _completed(offers: list[Offer], query: str, known: Iterable[str], trouble: str) -> list[Offer]:
    new = new_customer_in(query)
    if new and new.email.casefold() not in {email.casefold() for email in known}:
        offers += [offer for offer in (create_offer(new),) if offer]
    if trouble and not offers:
        return [Offer(NOTHING, NOT_ASKED, trouble)]
    return offers


def _user_offer(user: WeavUser, asking: str) -> Offer:
    if user.slack_user_id == asking:
        return Offer(user.weav_user_id, f"Me ({user.name})", "As you told the bot")
    return Offer(user.weav_user_id, user.name, "As they told the bot")


def _has(name: str, query: str) -> bool:
    return Listed(KnownCustomer(""), searchable(name)).has(query)


def _is_me(query: str) -> bool:
    return query.strip().casefold() == "me"
