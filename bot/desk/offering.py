"""Whom a select offers, and with which reason."""

from collections.abc import Iterable
from typing import Final

from bot.desk.finding import Listed
from bot.ledger import KnownCustomer, WeavUser
from bot.ledger.folding import words_of
from bot.slack.offers import (
    NO_CUSTOMER,
    NO_CUSTOMER_YET,
    Offer,
    create_offer,
    customer_label,
    new_customer_in,
    nothing_offer,
)
from bot.slices import in_slices

HERE: Final = "Used here lately"
YOURS: Final = "Recent with you"
SEEN: Final = "Seen by the bot before"
COMPANY: Final = "Customer of this channel's company"
NOT_ASKED: Final = "Not everybody could be looked up"


def label(customer: KnownCustomer) -> str:
    return customer_label(customer.id, customer.name, customer.email)


def seen_offer(customer: KnownCustomer) -> Offer:
    reason = HERE if customer.in_channel else YOURS if customer.by_author else SEEN
    return Offer(customer.id, label(customer), reason)


async def company_offers(
    company: Iterable[Listed[KnownCustomer]], customer_id: str, query: str, most: int
) -> list[Offer]:
    """Find the customer with this id; without one, those whom the query means, `most` of them."""
    words = words_of(query)
    offers: list[Offer] = []
    async for each in in_slices(company):
        if len(offers) < most and (each.who.id == customer_id if customer_id else each.has(words)):
            offers.append(Offer(each.who.id, label(each.who), COMPANY))
    return offers


def completed(offers: list[Offer], query: str, known: Iterable[str], trouble: str) -> list[Offer]:
    new = new_customer_in(query)
    if new and new.email.casefold() not in {email.casefold() for email in known}:
        offers += [offer for offer in (create_offer(new),) if offer]
    if trouble and not offers:
        return [nothing_offer(NOT_ASKED, trouble)]
    return offers or [NO_CUSTOMER if query.strip() else NO_CUSTOMER_YET]


def user_offer(user: WeavUser, asking: str) -> Offer:
    if user.slack_user_id == asking:
        return Offer(user.weav_user_id, f"Me ({user.name})", "As you told the bot")
    return Offer(user.weav_user_id, user.name, "As they told the bot")
