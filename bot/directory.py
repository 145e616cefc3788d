"""Who is in Weav, cached for five minutes; every caller says how long it waits."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID

from bot.ledger import KnownCustomer, KnownCustomers, LedgerUnavailable, logged_if_unavailable
from bot.ledger.folding import searchable
from bot.logs import get_logger
from bot.slack.cache import LookupCache, put_bounded
from bot.slices import in_slices
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.directory import (
    Agent,
    Customer,
    NoSuchCustomer,
    active_agents,
    company_customers,
    read_customer,
)
from bot.weav.models import AssigneeType, Conversation
from bot.weav.pages import LookUpFailed

log = get_logger("weav_slack.directory")

T = TypeVar("T")
KEEP_DIRECTORY: Final = 300.0  # seconds
SLOW: Final = "Weav did not answer in time."
_AGENTS: Final = "agents"
# An outage fails every look-up; a reason is only needed until its look-up is repeated.
_MOST_REASONS: Final = 500
# Seconds; by then, somebody who fills in a form is past this field.
LIST_WITHIN: Final = 3.0


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Somebody in one of Weav's lists, with a text to search in."""

    item: T
    search: str

    def has(self, words: Collection[str]) -> bool:
        """Whether the name or address contains all of these folded words."""
        return all(word in self.search for word in words)


class Lookups(Generic[T]):
    """Cached look-ups in Weav; an older answer replaces one that fails or is late."""

    def __init__(self, tasks: Tasks, ask: Callable[[str], Awaitable[T | LookUpFailed]]) -> None:
        self._lookups: LookupCache[T] = LookupCache(tasks, self._answer, KEEP_DIRECTORY)
        self._ask = ask
        self._reasons: dict[str, str] = {}

    def known(self, key: str) -> T | None:
        return self._lookups.known(key)

    def start(self, key: str) -> None:
        """Start the look-up in the background, unless the answer is fresh."""
        self._lookups.start(key)

    async def find(self, key: str, within: float) -> T | LookUpFailed:
        found = await self._lookups.find(key, max(within, 0.0))
        return LookUpFailed(self._reasons.get(key, SLOW)) if found is None else found

    async def _answer(self, key: str) -> T | None:
        answer = await self._ask(key)
        if isinstance(answer, LookUpFailed):
            put_bounded(self._reasons, key, answer.reason, _MOST_REASONS)
            return None
        self._reasons.pop(key, None)
        return answer


class Directory:
    """Caches in this process only; `within` is in seconds."""

    def __init__(self, weav: WeavClient, tasks: Tasks) -> None:
        self._weav = weav
        self.customers: Lookups[KnownCustomer | NoSuchCustomer] = Lookups(tasks, self._customer)
        self.companies: Lookups[tuple[Listed[KnownCustomer], ...]] = Lookups(tasks, self._company)
        self._agents: Lookups[tuple[Listed[Agent], ...]] = Lookups(tasks, self._all_agents)

    async def agents(self, within: float) -> tuple[Listed[Agent], ...] | LookUpFailed:
        """Return the active agents, by name."""
        return await self._agents.find(_AGENTS, within)

    def start_agents(self) -> None:
        self._agents.start(_AGENTS)

    def known_agent(self, agent_id: str) -> Agent | None:
        agents = self._agents.known(_AGENTS) or ()
        return next((each.item for each in agents if str(each.item.id) == agent_id), None)

    async def _customer(self, customer_id: str) -> KnownCustomer | NoSuchCustomer | LookUpFailed:
        found = await read_customer(self._weav, UUID(customer_id))
        return known_customer(found) if isinstance(found, Customer) else found

    async def _company(self, company_id: str) -> tuple[Listed[KnownCustomer], ...] | LookUpFailed:
        listed = await company_customers(self._weav, UUID(company_id))
        if isinstance(listed, LookUpFailed):
            return listed
        several = in_slices(map(known_customer, listed))
        return tuple([Listed(each, searchable(each.name, each.email)) async for each in several])

    async def _all_agents(self, _: str) -> tuple[Listed[Agent], ...] | LookUpFailed:
        listed = await active_agents(self._weav)
        if isinstance(listed, LookUpFailed):
            return listed
        several = in_slices(listed)
        return tuple([Listed(each, searchable(each.name or "")) async for each in several])


def known_customer(customer: Customer) -> KnownCustomer:
    return KnownCustomer(str(customer.id), customer.name, customer.email or "")


async def learn_customer(
    customers: KnownCustomers, directory: Directory, customer_id: str
) -> KnownCustomer | None:
    """Store a customer's name from Weav; None: known before, or not learned in LIST_WITHIN."""
    with logged_if_unavailable(log, "not_learned"):
        known = await customers.customer(customer_id)
        if known and (known.name or known.email):
            return None
        found = await directory.customers.find(customer_id, LIST_WITHIN)
        if not isinstance(found, KnownCustomer):
            return None
        await customers.learn(found)
        return found
    return None


def learner(
    customers: KnownCustomers, directory: Directory, tasks: Tasks
) -> Callable[[str], object]:
    """Return a function that learns a customer's name in the background."""
    return lambda customer_id: tasks.spawn(
        learn_customer(customers, directory, customer_id), name="learn_customer"
    )


@dataclass(frozen=True, slots=True)
class ConversationNames:
    """The names for a conversation's IDs; empty if not known."""

    customer: str = ""
    assignee: str = ""


class Names:
    def __init__(self, customers: KnownCustomers, directory: Directory) -> None:
        self._customers = customers
        self._directory = directory

    async def of(self, conversation: Conversation) -> ConversationNames:
        """Return no names if the database is unavailable; the card shows the IDs then."""
        try:
            customer = await self._customers.customer(conversation.customer_id or "")
            assignee = await self._assignee(conversation)
        except LedgerUnavailable:
            return NO_NAMES
        # A customer who was just created has only an address. That is no leak: if people of other
        # organisations read the channel, the card is a short one without the customer.
        return ConversationNames((customer.name or customer.email) if customer else "", assignee)

    async def _assignee(self, conversation: Conversation) -> str:
        assignee_id = (conversation.assignee_id or "").lower()
        match conversation.assignee_type:
            case AssigneeType.AGENT:
                agent = self._directory.known_agent(assignee_id)
                return (agent.name or "") if agent else ""
            case AssigneeType.USER:
                user = await self._customers.user_by_weav_id(assignee_id)
                return user.name if user else ""
            case _:
                return ""


NO_NAMES: Final = ConversationNames()
