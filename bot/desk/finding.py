"""Who is in Weav, asked at most once in five minutes and never waited for longer than one says."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID

from bot.desk.keeping import keep
from bot.ledger import KnownCustomer
from bot.ledger.folding import searchable
from bot.slack.lookups import Lookups
from bot.slices import in_slices
from bot.tasks import Tasks
from bot.weav.client import LookUpFailed
from bot.weav.directory import Directory, NoSuch
from bot.weav.people import Agent, Customer

T = TypeVar("T")

KEEP: Final = 300.0  # seconds
SLOW: Final = "Weav did not answer in time."
_AGENTS: Final = "agents"
# An outage fails them all, and each reason is wanted for the seconds until it is asked again.
_MOST_REASONS: Final = 500


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
        self._lookups: Lookups[T] = Lookups(tasks, self._answer, KEEP)
        self._asking = ask
        self._why: dict[str, str] = {}

    def known(self, key: str) -> T | None:
        return self._lookups.known(key)

    def start(self, key: str) -> None:
        self._lookups.start(key)

    async def find(self, key: str, within: float) -> T | LookUpFailed:
        found = await self._lookups.find(key, max(within, 0.0))
        return LookUpFailed(self._why.get(key, SLOW)) if found is None else found

    async def _answer(self, key: str) -> T | None:
        answer = await self._asking(key)
        if isinstance(answer, LookUpFailed):
            keep(self._why, key, answer.reason, _MOST_REASONS)
            return None
        self._why.pop(key, None)
        return answer


class Finder:
    """Everything is remembered in this process alone; `within` is in seconds."""

    def __init__(self, directory: Directory, tasks: Tasks) -> None:
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
