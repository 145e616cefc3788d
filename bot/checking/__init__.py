"""What is wrong with an installation and how to mend it."""

from bot.checking.checking import all_unchecked, examine
from bot.checking.drawing import as_json, as_message, as_text
from bot.checking.findings import Finding, State, is_well

__all__ = [
    "Finding",
    "State",
    "all_unchecked",
    "as_json",
    "as_message",
    "as_text",
    "examine",
    "is_well",
]
