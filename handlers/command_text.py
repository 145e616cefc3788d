"""Parse the words after the command."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from bot.form.values import FormValues
from bot.slack import ids
from bot.slack.text import as_typed, one_line, uuid_in
from bot.weav.models import Channel, Priority

# Characters; no message in Slack is longer.
_LONGEST: Final = 40_000
# A link is one word, even if its label has spaces.
_WORD: Final = re.compile(r"\s*(<[^<>\n]*>(?=\s|$)|\S+)")


class Subcommand(Enum):
    """Recognised only when it is the only word."""

    HELP = "help"
    STATUS = "status"
    CHECK = "check"
    DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class SetWeavUser:
    """`me UUID`: who the author is in Weav."""

    weav_user_id: str


@dataclass(frozen=True, slots=True)
class OpenForm:
    values: FormValues


ParsedCommand: TypeAlias = Subcommand | SetWeavUser | OpenForm
_SUBCOMMANDS: Final = {"?": Subcommand.HELP, **{each.value: each for each in Subcommand}}


def parse_command(text: str) -> ParsedCommand:
    """Read a subcommand that stands alone, else the form's values; never raise or lose a word.

    `email` or `chat`, a priority and a customer's UUID or link fill their fields, once each and in
    any order. The first other word and everything after it are the subject, of any length.
    """
    text = text[:_LONGEST]
    if subcommand := _SUBCOMMANDS.get(text.strip().lower()):
        return subcommand
    if weav_user := _weav_user_in(text):
        return weav_user
    filled: dict[str, str] = {}
    position = 0
    while word := _WORD.match(text, position):
        field, value = _recognised(word[1])
        if not field or field in filled:
            break
        filled[field] = value
        position = word.end()
    return OpenForm(FormValues(subject=one_line(as_typed(text[position:])), **filled))


def _weav_user_in(text: str) -> SetWeavUser | None:
    word, _, rest = text.strip().partition(" ")
    weav_user_id = uuid_in(as_typed(rest).strip(), "assignee") if word.lower() == "me" else None
    return SetWeavUser(str(weav_user_id)) if weav_user_id else None


def _recognised(word: str) -> tuple[str, str]:
    lower = word.lower()
    if lower in set(Channel):
        return ids.CHANNEL, lower
    if lower in set(Priority):
        return ids.PRIORITY, lower
    if customer_id := uuid_in(word, "customer"):
        return ids.CUSTOMER_ID, str(customer_id)
    return "", ""
