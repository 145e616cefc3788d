"""What was asked and what became of it, in the database that is there."""

from bot.ledger.entry import Backlog, Entry, NewEntry, Received, State
from bot.ledger.errors import LedgerTooNew, LedgerUnavailable
from bot.ledger.ledger import Ledger

__all__ = [
    "Backlog",
    "Entry",
    "Ledger",
    "LedgerTooNew",
    "LedgerUnavailable",
    "NewEntry",
    "Received",
    "State",
]
