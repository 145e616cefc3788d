"""Where tests shorten what the bot waits for: its own names for that are written here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bot.desk.disowning
import bot.desk.insisting
import bot.desk.working
import bot.serving
import handlers.connection
import handlers.doors

if TYPE_CHECKING:
    import pytest


def one_request_to_weav_at_once() -> None:
    """For the rest of this process."""
    bot.desk.working.AT_ONCE = 1


def patch_one_request_to_weav_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.desk.working, "AT_ONCE", 1)


def give_up_writing_after(monkeypatch: pytest.MonkeyPatch, *pauses: float) -> None:
    """An outcome is tried to be written after each of these seconds, and then no more."""
    monkeypatch.setattr(bot.desk.insisting, "PAUSES", pauses)


def look_for_late_rows_after(monkeypatch: pytest.MonkeyPatch, *pauses: float) -> None:
    monkeypatch.setattr(bot.desk.disowning, "DISOWN_AFTER", pauses)


def connect_again_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """In Socket Mode, when Slack has given no connection."""
    monkeypatch.setattr(handlers.connection, "CONNECT_AGAIN", seconds)


def leave_a_silent_address_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(handlers.connection, "HANDSHAKE", seconds)


def hang_up_on_slow_clients_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(bot.serving, "SLOWEST_HEAD", seconds)
    monkeypatch.setattr(bot.serving, "SLOWEST_READER", seconds)
    monkeypatch.setattr(handlers.doors, "LONGEST_UPLOAD", seconds)
