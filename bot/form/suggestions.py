"""Suggestions for the form's customer and assignee selects, in time whatever Weav does."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.directory import Directory, Listed
from bot.form.options import (
    NO_AGENT,
    NO_CUSTOMER,
    NO_CUSTOMER_YET,
    NO_PERSON,
    create_offer,
    customer_label,
    unchecked_offer,
    unknown_offer,
)
from bot.form.values import parse_new_customer
from bot.ledger import (
    Defaults,
    KnownCustomer,
    KnownCustomers,
    WeavUser,
    answer_within,
    logged_if_unavailable,
    read_within,
)
from bot.ledger.folding import words_of
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.options import MAX_OPTIONS, Suggestion, nothing_offer
from bot.slack.text import uuid_in
from bot.slices import in_slices
from bot.tasks import Tasks
from bot.weav.directory import NoSuchCustomer
from bot.weav.models import AssigneeType
from bot.weav.pages import LookUpFailed

log = get_logger("weav_slack.suggestions")

HERE_BEFORE: Final = "Used here lately"
BY_YOU: Final = "Used by you lately"
SEEN: Final = "Seen by the bot before"
OF_COMPANY: Final = "Customer of this channel's company"
NOT_ALL_FOUND: Final = "Some customers could not be looked up"
# Seconds, for our database, and for everything since Slack asked, the access check included. The
# answer must leave within 1.2 s.
DATABASE_WITHIN: Final = 0.5
SUGGEST_WITHIN: Final = 1.0
MOST_SUGGESTED: Final = 20
CONFIRMED: Final = "Confirmed in Weav"
PEOPLE_NOT_LISTED: Final = "Weav's API does not list people"


def known_customer_offer(customer: KnownCustomer) -> Suggestion:
    reason = HERE_BEFORE if customer.in_channel else BY_YOU if customer.by_author else SEEN
    return Suggestion(customer.id, customer_label(customer), reason)


async def company_offers(
    company: Iterable[Listed[KnownCustomer]], customer_id: str, query: str, most: int
) -> list[Suggestion]:
    """Find the customer with this ID; without an ID, at most `most` that match the query."""
    words = words_of(query)
    offers: list[Suggestion] = []
    async for each in in_slices(company):
        if len(offers) < most and (each.item.id == customer_id if customer_id else each.has(words)):
            offers.append(Suggestion(each.item.id, customer_label(each.item), OF_COMPANY))
    return offers


def with_fallback(
    offers: list[Suggestion], query: str, known: Iterable[str], failure: str
) -> list[Suggestion]:
    new = parse_new_customer(query)
    if new and new.email.casefold() not in {email.casefold() for email in known}:
        offers.append(create_offer(new))
    if failure and not offers:
        return [nothing_offer(NOT_ALL_FOUND, failure)]
    return offers or [NO_CUSTOMER if query.strip() else NO_CUSTOMER_YET]


def user_offer(user: WeavUser, asker: str) -> Suggestion:
    if user.slack_user_id == asker:
        return Suggestion(user.weav_user_id, f"Me ({user.name})", "As you told the bot")
    return Suggestion(user.weav_user_id, user.name, "As they told the bot")


@dataclass(frozen=True, slots=True)
class OptionQuery:
    """What somebody types into a select, and where (`slack_channel_id`; empty: not known).

    `asked_at`: when Slack asked, on the event loop's clock.
    """

    text: str
    slack_channel_id: str
    slack_user_id: str
    asked_at: float

    @property
    def time_left(self) -> float:
        """Seconds; negative if the answer is late."""
        return self.asked_at + SUGGEST_WITHIN - asyncio.get_running_loop().time()


@dataclass(eq=False, repr=False)
class Suggester:
    _customers: KnownCustomers
    _directory: Directory
    _tasks: Tasks

    async def customers(self, query: OptionQuery) -> list[Suggestion]:
        """Return at least one option, which may say what failed or what to type."""
        customer_id = str(uuid_in(query.text, "customer") or "")
        if customer_id:
            self._directory.customers.start(customer_id)
        seen, defaults, failure = await self._from_database(query, customer_id)
        company = await self._company_customers(query, defaults)
        offers = [known_customer_offer(each) for each in seen]
        emails = [each.email for each in seen]
        if isinstance(company, LookUpFailed):
            failure = failure or company.reason
        else:
            offers += await company_offers(company, customer_id, query.text, MAX_OPTIONS)
            emails += [each.item.email for each in company]
        if customer_id and not any(offer.value == customer_id for offer in offers):
            offers.append(await self._pasted_offer(query, customer_id))
        return with_fallback(offers, query.text, emails, failure)

    async def assignees(self, kind: str, query: OptionQuery) -> list[Suggestion]:
        pasted = str(uuid_in(query.text, "assignee") or "")
        if kind == AssigneeType.AGENT:
            return await self._agents(query, pasted)
        return await self._people(query, pasted)

    async def _from_database(
        self, query: OptionQuery, customer_id: str
    ) -> tuple[list[KnownCustomer], Defaults, str]:
        channel, author = query.slack_channel_id, query.slack_user_id
        with logged_if_unavailable(log, "not_searched"):
            async with answer_within(DATABASE_WITHIN):
                defaults = await self._customers.defaults(channel)
                if customer_id:
                    one = await self._customers.customer(customer_id, channel, author)
                    seen = [one] if one and (one.name or one.email) else []
                else:
                    seen = await self._customers.search(query.text, channel, author, MOST_SUGGESTED)
                return seen, defaults, ""
        return [], Defaults({}), "The bot's database does not answer"

    async def _company_customers(
        self, query: OptionQuery, defaults: Defaults
    ) -> tuple[Listed[KnownCustomer], ...] | LookUpFailed:
        company_id = defaults.chosen.get(ids.COMPANY_ID, "")
        if not company_id:
            return ()
        return await self._directory.companies.find(company_id, query.time_left)

    async def _pasted_offer(self, query: OptionQuery, customer_id: str) -> Suggestion:
        found = await self._directory.customers.find(customer_id, query.time_left)
        if isinstance(found, KnownCustomer):
            self._tasks.spawn(self.learn(found), name="learn")
            return Suggestion(customer_id, customer_label(found), CONFIRMED)
        if isinstance(found, NoSuchCustomer):
            return unknown_offer(customer_id)
        return unchecked_offer(customer_id, found.reason)

    async def learn(self, customer: KnownCustomer) -> None:
        # If this fails, the bot asks Weav again next time.
        with logged_if_unavailable(log, "not_learned"):
            await self._customers.learn(customer)

    async def _agents(self, query: OptionQuery, pasted: str) -> list[Suggestion]:
        agents = await self._directory.agents(query.time_left)
        if isinstance(agents, LookUpFailed):
            if pasted:
                return [unchecked_offer(pasted, agents.reason)]
            return [nothing_offer("No agents to show", agents.reason)]
        words = words_of(query.text)
        found = [
            each.item
            async for each in in_slices(agents)
            if (str(each.item.id) == pasted if pasted else each.has(words))
        ]
        offers = [
            Suggestion(str(each.id), each.name or str(each.id), "Active in Weav")
            for each in found[:MAX_OPTIONS]
        ]
        if pasted and not offers:
            return [unchecked_offer(pasted, "None of Weav's active agents")]
        return offers or [NO_AGENT]

    async def _people(self, query: OptionQuery, pasted: str) -> list[Suggestion]:
        text = "" if pasted or _is_me(query.text) else query.text
        reading = self._customers.users(text, query.slack_user_id, MOST_SUGGESTED)
        users = await read_within(DATABASE_WITHIN, reading)
        if users is None and not pasted:
            return [nothing_offer("Nobody to show", "The bot's database does not answer")]
        offers = [user_offer(each, query.slack_user_id) for each in users or []]
        if not pasted:
            return offers or [NO_PERSON]
        return [each for each in offers if each.value == pasted] or [
            unchecked_offer(pasted, PEOPLE_NOT_LISTED)
        ]


def _is_me(query: str) -> bool:
    return query.strip().casefold() == "me"
