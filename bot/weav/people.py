"""Customers and agents as Weav returns them, and the request body that creates a customer.

Field for field after https://docs.weav.com/api-reference/customers/create-customer and
https://docs.weav.com/api-reference/agents/list-agents, as far as the bot uses them.
"""

import re
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.weav.models import _fold, _shorter, _Text, _Unreadable, unwrapped

# Not what RFC 5322 allows, but what people have: https://html.spec.whatwg.org/#e-mail-state.
# Nothing is without a bound, or a search takes the square of the text's length.
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
NAME_CHARACTER: Final = r"[\w.!#$%&'*+/=?^`{|}~-]"
DOMAIN: Final = rf"{_LABEL}(?:\.{_LABEL}){{1,20}}"
_EMAIL: Final = re.compile(f"{NAME_CHARACTER}{{1,255}}@{DOMAIN}")
LONGEST_EMAIL: Final = 255


def _an_address(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address")
    return text


class NewCustomer(BaseModel):
    """The body of `POST /customers`: the one field that is required, and that we know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Annotated[str, Field(max_length=LONGEST_EMAIL), AfterValidator(_an_address)]

    def body(self) -> dict[str, str]:
        return self.model_dump()


class _Answer(BaseModel):
    """Only the id must be there; a value of an unexpected type reads as None."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: UUID

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read a bare object or one inside `data`; raise pydantic's ValidationError."""
        return cls.model_validate(unwrapped(answer))


_Line = Annotated[_Text, BeforeValidator(_fold), BeforeValidator(_shorter)]


class Customer(_Answer):
    first_name: _Line = None
    last_name: _Line = None
    email: _Line = None
    company_id: _Text = None

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


class Agent(_Answer):
    name: _Line = None
    is_active: Annotated[bool | None, _Unreadable] = None
