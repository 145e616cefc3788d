"""What was asked and what became of it, in the database that is there."""

from bot.ledger.cards import Cards, Turn
from bot.ledger.entry import Backlog, Entry, NewEntry, Received, State
from bot.ledger.errors import LedgerTooNew, LedgerUnavailable
from bot.ledger.inspecting import Condition, inspect
from bot.ledger.ledger import Ledger
from bot.ledger.memory import Defaults, KnownCustomer, Memory, WeavUser

__all__ = [
    "Backlog",
    "Cards",
    "Condition",
    "Defaults",
    "Entry",
    "KnownCustomer",
    "Ledger",
    "LedgerTooNew",
    "LedgerUnavailable",
    "Memory",
    "NewEntry",
    "Received",
    "State",
    "Turn",
    "WeavUser",
    "inspect",
]
