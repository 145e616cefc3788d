"""How much of what goes on by itself one process does at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    sweep_every: float = 1.0  # seconds
    taken_up: int = 50  # rows
    # For one channel or person at once: Slack takes about one message a second there, and what it
    # has not taken after two minutes goes another way.
    at_one_place: int = 10
    # Rows waiting for Slack; the ledger keeps the others for so many seconds.
    waiting: int = 1000
    put_off: float = 15.0
