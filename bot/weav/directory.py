"""Who is in Weav, as far as its API tells: customers by ID or company, and agents.

The models have the fields that the bot uses of
https://docs.weav.com/api-reference/customers/create-customer and
https://docs.weav.com/api-reference/agents/list-agents. The API documents neither a search for
customers nor a list of users.
"""

import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Final, Self, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.weav.client import WeavClient
from bot.weav.models import NoneIfUnreadable, Text, cut, trim, unwrapped
from bot.weav.outcomes import NotSent, Refused, Unconfirmed, read_answer, refusals
from bot.weav.pages import Listing, LookUpFailed, read_lookup

# The addresses that people have, not all that RFC 5322 allows:
# https://html.spec.whatwg.org/#e-mail-state. Every repetition is bounded, or searching a text
# would take quadratic time.
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
NAME_CHARACTER: Final = r"[\w.!#$%&'*+/=?^`{|}~-]"
DOMAIN: Final = rf"{_LABEL}(?:\.{_LABEL}){{1,20}}"
_EMAIL: Final = re.compile(f"{NAME_CHARACTER}{{1,255}}@{DOMAIN}")
LONGEST_EMAIL: Final = 255
_IF_TAKEN: Final = (
    " If Weav has this customer already, paste their ID: the API cannot look for an e-mail address."
)


_CREATE_REFUSALS: Final = refusals(
    "create customers",
    {HTTPStatus.CONFLICT: f"Weav did not create this customer (answer 409).{_IF_TAKEN}"},
)


def _check_email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address")
    return text


class NewCustomer(BaseModel):
    """The body of `POST /customers`, with the only required field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Annotated[str, Field(max_length=LONGEST_EMAIL), AfterValidator(_check_email)]

    def body(self) -> dict[str, str]:
        return self.model_dump()


class _Record(BaseModel):
    """Only `id` is required; a value of an unexpected type reads as None."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: UUID

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read an object, bare or inside `data`; raises ValidationError."""
        return cls.model_validate(unwrapped(answer))


_Line = Annotated[Text, BeforeValidator(trim), BeforeValidator(cut)]


class Customer(_Record):
    first_name: _Line = None
    last_name: _Line = None
    email: _Line = None
    company_id: Text = None

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


class Agent(_Record):
    name: _Line = None
    is_active: Annotated[bool | None, NoneIfUnreadable] = None


AGENTS: Final = Listing("/agents", "its agents", "Weav has no list of agents here.", Agent.read)


@dataclass(frozen=True, slots=True)
class NoSuchCustomer:
    """Weav answered that it has no such customer."""

    reason: str


@dataclass(frozen=True, slots=True)
class CustomerCreated:
    customer: Customer


Creation: TypeAlias = CustomerCreated | Refused | NotSent | Unconfirmed


async def read_customer(
    weav: WeavClient, customer_id: UUID
) -> Customer | NoSuchCustomer | LookUpFailed:
    answer = await weav.ask("GET", "/customers/{id}", customer_id)
    found = read_lookup(answer, "this customer", "Weav does not know this customer.")
    if isinstance(found, LookUpFailed):
        return NoSuchCustomer(found.reason) if found.missing else found
    customer = _customer(found)
    if customer is None or customer.id != customer_id:
        return LookUpFailed("Weav's answer about this customer could not be read.")
    return customer


async def company_customers(
    weav: WeavClient, company_id: UUID
) -> tuple[Customer, ...] | LookUpFailed:
    return await weav.all_pages(
        Listing(
            "/companies/{id}/customers",
            "this company's customers",
            "Weav does not know this company.",
            Customer.read,
            company_id,
        )
    )


async def active_agents(weav: WeavClient) -> tuple[Agent, ...] | LookUpFailed:
    listed = await weav.all_pages(AGENTS)
    if isinstance(listed, LookUpFailed):
        return listed
    active = [agent for agent in listed if agent.is_active]
    return tuple(sorted(active, key=lambda agent: (agent.name or "").casefold()))


async def create_customer(weav: WeavClient, new: NewCustomer) -> Creation:
    """Send the POST exactly once; Weav does not document its answer to a known address."""
    answer = await weav.ask("POST", "/customers", json=new.body())
    read = read_answer(answer, new.model_fields_set, _CREATE_REFUSALS)
    if isinstance(read, Refused):
        return _refusal(read)
    if isinstance(read, NotSent | Unconfirmed):
        return read
    customer = _customer(read)
    if customer is None:
        return Unconfirmed("Weav took the new customer, but its answer could not be read.")
    return CustomerCreated(customer)


def _customer(answer: object) -> Customer | None:
    try:
        return Customer.read(answer)
    except ValidationError:
        return None


def _refusal(refused: Refused) -> Refused:
    """Make one sentence of all reasons: the form has one field for the customer."""
    why = refused.message
    if refused.status not in _CREATE_REFUSALS:
        said = " ".join(refused.fields.values()) or why
        why = f"Weav did not create this customer: {said}{_IF_TAKEN}"
    return replace(refused, message=why, fields={})
