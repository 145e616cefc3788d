"""A form's values, where they and the form come from, and how all that is stored and sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from bot.slack import ids
from bot.slack.options import VALUE_LIMIT
from bot.slack.payloads import View, at, text_at
from bot.slack.text import shorten, uuid_in
from bot.weav.directory import NewCustomer

CREATE: Final = "create:"
# https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_VALUE_LIMIT: Final = 2000
# https://docs.slack.dev/reference/views
METADATA_LIMIT: Final = 3000
# Characters; Slack takes 3,000.
_LONGEST_INPUT: Final = 10_000


class FormValues(BaseModel):
    """The inputs, not validated yet; an empty one has nothing typed or chosen.

    Only the modal of a channel's defaults has `company_id` and `replies`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str = ""
    customer_id: str = ""
    subject: str = ""
    status: str = ""
    priority: str = ""
    assignee_type: str = ""
    assignee_id: str = ""
    post_to: str = ""
    company_id: str = ""
    replies: str = ""


class Origin(BaseModel):
    """Where a form was opened from; stored in the view's private_metadata.

    `shortened`: the message is longer than the subject made of it. `another`: the author ticked
    "Open another one". `in_home_tab`: opened from the home tab; `via` is then "shortcut", which
    older releases can read. `instead_of`: the ID of the ledger's row that had this form before.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    via: Literal["command", "message", "shortcut"] = "shortcut"
    slack_channel_id: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    message_link: str = ""
    shortened: bool = False
    another: bool = False
    in_home_tab: bool = False
    instead_of: Annotated[int, Field(ge=0, lt=2**63)] = 0

    @property
    def source(self) -> str:
        """Identify the message that the form is about; empty if there is none."""
        if self.via != "message" or not (self.slack_channel_id and self.message_ts):
            return ""
        return f"{self.slack_channel_id}/{self.message_ts}"

    def dump(self, sources: Mapping[str, "Source"] | None = None) -> str:
        """Return at most 3,000 characters, leaving out a link that is too long."""
        origin = self.model_dump(exclude_defaults=True)
        if sources:
            origin["sources"] = {name: source.name for name, source in sources.items()}
        dumped = to_json(origin).decode()
        if len(dumped) > METADATA_LIMIT:
            dumped = to_json(origin | {"message_link": ""}).decode()
        return dumped

    @classmethod
    def load(cls, dumped: str) -> Self:
        """Read `dump()`; anything else gives an empty origin."""
        try:
            return cls.model_validate_json(dumped)
        except ValidationError:
            return cls()


class Source(Enum):
    """Where a prefilled value comes from, as its field's hint says; later ones win."""

    DEFAULTS = "From this channel's defaults."
    MESSAGE = "From the message."
    WORDS = "From your words after the command."


def load_sources(dumped: object) -> dict[str, Source]:
    """Read the sources in `Origin.dump`; 0.1.0 has none, a later version may have unknown ones."""
    try:
        sources = at(from_json(dumped if isinstance(dumped, str) else ""), "sources")
    except ValueError:
        return {}
    known = Source.__members__
    return {
        name: known[text_at(sources, name)]
        for name in ids.FIELDS_OF_FORMS
        if text_at(sources, name) in known
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where the card goes; `thread_ts` and `response_url` may be empty."""

    slack_channel_id: str
    thread_ts: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form with its contents: to be opened, or submitted.

    The ledger stores all of it, to finish a submission or give the form back after a crash. A
    button's value also carries it, but has no room for `labels` (what the selects showed, by field)
    and `response_url` (which came with the submission).
    """

    values: FormValues = field(default_factory=FormValues)
    origin: Origin = field(default_factory=Origin)
    labels: Mapping[str, str] = field(default_factory=dict)
    response_url: str = ""

    @classmethod
    def load(cls, stored: Mapping[str, Any] | None) -> "FilledForm":
        """Read the ledger's copy; empty once removed after `LEDGER_KEEP_DAYS`."""
        return _FILLED_FORM.validate_python(stored or {})

    def replacing(self, entry_id: int) -> Self:
        """Mark the form as given back: its next submission replaces that row of the ledger."""
        return replace(self, origin=self.origin.model_copy(update={"instead_of": entry_id}))

    def dump(self) -> dict[str, Any]:
        """Return JSON for the ledger."""
        dumped: dict[str, Any] = _FILLED_FORM.dump_python(self)
        return dumped

    @property
    def place(self) -> Place:
        """The chosen channel; in it, the thread of the message that the form came from, if any."""
        same = self.values.post_to == self.origin.slack_channel_id
        thread = self.origin.thread_ts or self.origin.message_ts
        return Place(self.values.post_to, thread if same else "", self.response_url)

    def with_default_post_to(self) -> Self:
        """Fill an empty `post_to` with the origin: the button may be clicked somewhere else."""
        if self.values.post_to or not self.origin.slack_channel_id:
            return self
        filled = self.values.model_copy(update={"post_to": self.origin.slack_channel_id})
        return replace(self, values=filled)

    def to_button(self) -> str:
        """Return at most 2,000 characters; only fields that no request accepts get shortened."""
        for limit in (BUTTON_VALUE_LIMIT, 1000, 500, 100, 20):
            if len(value := self._dump(limit)) <= BUTTON_VALUE_LIMIT:
                return value
        return "{}"

    @classmethod
    def from_button(cls, value: str) -> Self:
        """Read `to_button()`; an unreadable value gives an empty form."""
        try:
            read = _FILLED_FORM.validate_json(value if len(value) <= BUTTON_VALUE_LIMIT else "")
        except ValidationError:
            return cls()
        return cls(read.values, read.origin)

    def _dump(self, limit: int) -> str:
        typed = self.values.model_dump(exclude_defaults=True)
        shortened = {field: shorten(text, limit) for field, text in typed.items()}
        origin: dict[str, Any] = self.origin.model_dump(exclude_defaults=True)
        if len(self.origin.message_link) > limit:
            del origin["message_link"]
        dumped = FilledForm(FormValues(**shortened), Origin(**origin))
        return _FILLED_FORM.dump_json(dumped, exclude_defaults=True).decode()


_FILLED_FORM: Final = TypeAdapter(FilledForm)


def values_of(view: View) -> FormValues:
    """Read a view's inputs without validating them; a missing one is empty."""
    return FormValues(
        **{field: view.value(field)[:_LONGEST_INPUT] for field in ids.FIELDS_OF_FORMS}
    )


def parse_customer(value: str) -> UUID | NewCustomer | None:
    """Read a chosen or typed customer: an ID, or an address to create; None for anything else."""
    if value.startswith(CREATE):
        return parse_new_customer(value.removeprefix(CREATE))
    return uuid_in(value, "customer")


def existing_customer_id(value: str) -> UUID | None:
    """Read a customer's ID; None also for a customer who is still to be created."""
    customer = parse_customer(value)
    return None if isinstance(customer, NewCustomer) else customer


def parse_new_customer(text: str) -> NewCustomer | None:
    """Read an email address; None if it is not one, or too long for an option's value."""
    try:
        new = NewCustomer(email=text.strip().removeprefix("mailto:"))
    except ValidationError:
        return None
    return new if len(CREATE + new.email) <= VALUE_LIMIT else None


def first_text(value: object, paths: Iterable[tuple[str, ...]]) -> str:
    return next((found for path in paths if (found := text_at(value, *path))), "")
