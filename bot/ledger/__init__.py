"""The bot's database: what was asked and what became of it, on SQLite or PostgreSQL."""

from bot.ledger.cards import CardLock, CardRows
from bot.ledger.customers import Defaults, KnownCustomer, KnownCustomers, WeavUser
from bot.ledger.due import DueRow, DueRows, Look
from bot.ledger.entry import CUSTOMER_EMAIL, Backlog, Entry, NewEntry, Received, State
from bot.ledger.errors import (
    LedgerTooNew,
    LedgerUnavailable,
    answer_within,
    logged_if_unavailable,
    read_within,
)
from bot.ledger.home import HomeTab, HomeTabs
from bot.ledger.ledger import Ledger
from bot.ledger.schema import WEBHOOK, Inspection, inspect

__all__ = [
    "CUSTOMER_EMAIL",
    "WEBHOOK",
    "Backlog",
    "CardLock",
    "CardRows",
    "Defaults",
    "DueRow",
    "DueRows",
    "Entry",
    "HomeTab",
    "HomeTabs",
    "Inspection",
    "KnownCustomer",
    "KnownCustomers",
    "Ledger",
    "LedgerTooNew",
    "LedgerUnavailable",
    "Look",
    "NewEntry",
    "Received",
    "State",
    "WeavUser",
    "answer_within",
    "inspect",
    "logged_if_unavailable",
    "read_within",
]
