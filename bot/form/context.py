"""What a form shows besides its values: whom they name, where they come from, what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Source(Enum):
    """Where a value that the user did not choose in the form comes from; later ones win."""

    DEFAULTS = "From this channel's defaults."
    MESSAGE = "From the message."
    WORDS = "From your words after the command."


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A conversation from the same message; without an id it is on its way, or not confirmed."""

    slack_user_id: str
    at: float  # seconds since the epoch
    state: str
    conversation_id: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class FormContext:
    """`labels` by field, for what a select shows of a value; unknown ones show the id."""

    labels: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    already: Duplicate | None = None

    def hint(self, field_name: str, usual: str) -> str:
        source = self.sources.get(field_name)
        return f"{source.value} {usual}".strip() if source else usual


EMPTY_CONTEXT = FormContext()
