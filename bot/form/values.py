"""What travels with a form: its values, where it was opened from, where they come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json, to_json

from bot.slack import ids
from bot.slack.payloads import View, at, text_at
from bot.slack.text import shorten

# https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_VALUE_LIMIT: Final = 2000
# https://docs.slack.dev/reference/views
METADATA_LIMIT: Final = 3000
# Characters; Slack takes 3,000.
_LONGEST_INPUT: Final = 10_000


class FormValues(BaseModel):
    """The inputs as they are, also unvalidated; empty: nothing typed or chosen.

    `company_id` is an input of a channel's defaults alone.
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


class Origin(BaseModel):
    """Where a form was opened from; it travels in the view's private_metadata.

    `shortened`: the message was longer than the subject that was made from it. `another`: whoever
    fills it in knows that the message has a conversation, and wants one more.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    via: Literal["command", "message", "shortcut"] = "shortcut"
    slack_channel_id: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    message_link: str = ""
    shortened: bool = False
    another: bool = False

    @property
    def source(self) -> str:
        """Name the message it is about; empty: about none."""
        if self.via != "message" or not (self.slack_channel_id and self.message_ts):
            return ""
        return f"{self.slack_channel_id}/{self.message_ts}"

    def dump(self, sources: Mapping[str, "Source"] | None = None) -> str:
        """At most 3,000 characters: an absurdly long link is left out."""
        origin = self.model_dump(exclude_defaults=True)
        if sources:
            origin["sources"] = {name: source.name for name, source in sources.items()}
        dumped = to_json(origin).decode()
        if len(dumped) > METADATA_LIMIT:
            dumped = to_json(origin | {"message_link": ""}).decode()
        return dumped

    @classmethod
    def load(cls, dumped: str) -> Self:
        """Read `dump()`; anything else is a form from nowhere in particular."""
        try:
            return cls.model_validate_json(dumped)
        except ValidationError:
            return cls()


class Source(Enum):
    """Where a value that nobody chose in the form comes from; later ones win."""

    DEFAULTS = "From this channel's defaults."
    MESSAGE = "From the message."
    WORDS = "From your words after the command."


def load_sources(dumped: object) -> dict[str, Source]:
    """Read what `Origin.dump` says of them: 0.1.0 says nothing, a later version perhaps more."""
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
class FilledForm:
    """A form to be opened: as a button's value it waits until somebody clicks.

    `labels` is what the selects showed, by field; a button has no room for it.
    """

    values: FormValues
    origin: Origin
    labels: Mapping[str, str] = field(default_factory=dict)

    def at_origin(self) -> Self:
        """Post to where the form came from: a button may be clicked somewhere else."""
        if self.values.post_to or not self.origin.slack_channel_id:
            return self
        filled = self.values.model_copy(update={"post_to": self.origin.slack_channel_id})
        return replace(self, values=filled)

    def to_value(self) -> str:
        """At most 2,000 characters; only what no request could carry is shortened for that."""
        for limit in (BUTTON_VALUE_LIMIT, 1000, 500, 100, 20):
            if len(value := self._dump(limit)) <= BUTTON_VALUE_LIMIT:
                return value
        return "{}"

    @classmethod
    def from_value(cls, value: str) -> Self:
        """Read `to_value()`; whatever is unreadable is an empty form."""
        try:
            read = _Dumped.model_validate_json(value if len(value) <= BUTTON_VALUE_LIMIT else "")
        except ValidationError:
            read = _Dumped()
        return cls(read.values, read.origin)

    def _dump(self, limit: int) -> str:
        typed = self.values.model_dump(exclude_defaults=True)
        shortened = {field: shorten(text, limit) for field, text in typed.items()}
        origin: dict[str, Any] = self.origin.model_dump(exclude_defaults=True)
        if len(self.origin.message_link) > limit:
            del origin["message_link"]
        dumped = _Dumped(values=FormValues(**shortened), origin=Origin(**origin))
        return dumped.model_dump_json(exclude_defaults=True)


class _Dumped(BaseModel):
    values: FormValues = FormValues()
    origin: Origin = Origin()


def values_of(view: View) -> FormValues:
    """Give a view's inputs as they are, validated or not; what is missing is empty."""
    return FormValues(
        **{field: view.value(field)[:_LONGEST_INPUT] for field in ids.FIELDS_OF_FORMS}
    )


def first_text(value: object, ways: Iterable[tuple[str, ...]]) -> str:
    return next((found for way in ways if (found := text_at(value, *way))), "")
