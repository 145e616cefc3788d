"""Who is in Weav: asked at most once in five minutes, never waited for longer than one says."""

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
from bot.weav.directory import Agent, Customer, NoSuch, WeavDirectory
from bot.weav.models import AssigneeType, Conversation
from bot.weav.pages import LookUpFailed

log = get_logger("weav_slack.directory")

T = TypeVar("T")
KEEP_DIRECTORY: Final = 300.0  # seconds
SLOW: Final = "Weav did not answer in time."
_AGENTS: Final = "agents"
# An outage fails them all, and each reason is wanted for the seconds until it is asked again.
_MOST_REASONS: Final = 500
# Seconds; whoever fills in a form is past this by then.
LIST_WITHIN: Final = 3.0


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Somebody in one of Weav's lists, ready to be searched."""

    who: T
    search: str

    def has(self, words: Collection[str]) -> bool:
        """Whether all of them are in the name or address; they are folded."""
        return all(word in self.search for word in words)


class Asked(Generic[T]):
    """An older answer stands for one that fails or is late."""

    def __init__(self, tasks: Tasks, ask: Callable[[str], Awaitable[T | LookUpFailed]]) -> None:
        self._lookups: LookupCache[T] = LookupCache(tasks, self._answer, KEEP_DIRECTORY)
        self._ask = ask
        self._why: dict[str, str] = {}

    def known(self, key: str) -> T | None:
        return self._lookups.known(key)

    def start(self, key: str) -> None:
        self._lookups.start(key)

    async def find(self, key: str, within: float) -> T | LookUpFailed:
        found = await self._lookups.find(key, max(within, 0.0))
        return LookUpFailed(self._why.get(key, SLOW)) if found is None else found

    async def _answer(self, key: str) -> T | None:
        answer = await self._ask(key)
        if isinstance(answer, LookUpFailed):
            put_bounded(self._why, key, answer.reason, _MOST_REASONS)
            return None
        self._why.pop(key, None)
        return answer


class Directory:
    """Everything is remembered in this process alone; `within` is in seconds."""

    def __init__(self, directory: WeavDirectory, tasks: Tasks) -> None:
        self._directory = directory
        self._customers: Asked[KnownCustomer | NoSuch] = Asked(tasks, self._customer)
        self._companies: Asked[tuple[Listed[KnownCustomer], ...]] = Asked(tasks, self._company)
        self._agents: Asked[tuple[Listed[Agent], ...]] = Asked(tasks, self._all_agents)

    async def customer(
        self, customer_id: str, within: float
    ) -> KnownCustomer | NoSuch | LookUpFailed:
        return await self._customers.find(customer_id, within)

    async def company(
        self, company_id: str, within: float
    ) -> tuple[Listed[KnownCustomer], ...] | LookUpFailed:
        return await self._companies.find(company_id, within)

    async def agents(self, within: float) -> tuple[Listed[Agent], ...] | LookUpFailed:
        """Active ones, by name."""
        return await self._agents.find(_AGENTS, within)

    def start_customer(self, customer_id: str) -> None:
        """Begin to look it up beside what else happens."""
        self._customers.start(customer_id)

    def start_agents(self) -> None:
        self._agents.start(_AGENTS)

    def known_agent(self, agent_id: str) -> Agent | None:
        agents = self._agents.known(_AGENTS) or ()
        return next((each.who for each in agents if str(each.who.id) == agent_id), None)

    async def _customer(self, customer_id: str) -> KnownCustomer | NoSuch | LookUpFailed:
        found = await self._directory.customer(UUID(customer_id))
        return known(found) if isinstance(found, Customer) else found

    async def _company(self, company_id: str) -> tuple[Listed[KnownCustomer], ...] | LookUpFailed:
        listed = await self._directory.company_customers(UUID(company_id))
        if isinstance(listed, LookUpFailed):
            return listed
        several = in_slices(map(known, listed))
        return tuple([Listed(each, searchable(each.name, each.email)) async for each in several])

    async def _all_agents(self, _: str) -> tuple[Listed[Agent], ...] | LookUpFailed:
        listed = await self._directory.active_agents()
        if isinstance(listed, LookUpFailed):
            return listed
        several = in_slices(listed)
        return tuple([Listed(each, searchable(each.name or "")) async for each in several])


def known(customer: Customer) -> KnownCustomer:
    return KnownCustomer(str(customer.id), customer.name, customer.email or "")


async def learn_customer(
    customers: KnownCustomers, directory: Directory, customer_id: str, within: float
) -> KnownCustomer | None:
    """Learn who it is, in so many seconds; None: known before, or Weav does not tell."""
    with logged_if_unavailable(log, "not_learned"):
        known = await customers.customer(customer_id)
        if known and (known.name or known.email):
            return None
        found = await directory.customer(customer_id, within)
        if not isinstance(found, KnownCustomer):
            return None
        await customers.learn(found)
        return found
    return None


def starter(
    customers: KnownCustomers, directory: Directory, tasks: Tasks
) -> Callable[[str], object]:
    """Learn a customer's name beside what else happens."""
    return lambda customer_id: tasks.spawn(
        learn_customer(customers, directory, customer_id, LIST_WITHIN), name="learn_customer"
    )


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a conversation's ids stand for; empty where that is not known."""

    customer: str = ""
    assignee: str = ""


class Names:
    def __init__(self, customers: KnownCustomers, directory: Directory) -> None:
        self._customers = customers
        self._directory = directory

    async def of(self, conversation: Conversation) -> Named:
        """Nobody is named without the database; the card has their ids."""
        try:
            customer = await self._customers.customer(conversation.customer_id or "")
            assignee = await self._assignee(conversation)
        except LedgerUnavailable:
            return NOT_NAMED
        # Somebody who was just created by their address has nothing else; a channel that others
        # read gets the short card, without either.
        return Named((customer.name or customer.email) if customer else "", assignee)

    async def _assignee(self, conversation: Conversation) -> str:
        assignee_id = (conversation.assignee_id or "").lower()
        match conversation.assignee_type:
            case AssigneeType.AGENT:
                agent = self._directory.known_agent(assignee_id)
                return (agent.name or "") if agent else ""
            case AssigneeType.USER:
                user = await self._customers.user_with(assignee_id)
                return user.name if user else ""
            case _:
                return ""


NOT_NAMED: Final = Named()
