"""Where tests shorten what the bot waits for: its own names for that are written here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bot.follow.worker
import bot.retry
import bot.server
import bot.submissions.service
import bot.submissions.worker
import handlers.http
import handlers.socket_mode

if TYPE_CHECKING:
    import pytest


def one_request_to_weav_at_once() -> None:
    """For the rest of this process."""
    bot.submissions.worker.AT_ONCE = 1


def patch_one_request_to_weav_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.submissions.worker, "AT_ONCE", 1)


def look_at_conversations(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(bot.follow.worker, "AT_ONCE", at_once)


def give_up_writing_after(monkeypatch: pytest.MonkeyPatch, *pauses: float) -> None:
    """An outcome is tried to be written after each of these seconds, and then no more."""
    monkeypatch.setattr(bot.retry, "WRITE_PAUSES", pauses)


def look_for_late_rows_after(monkeypatch: pytest.MonkeyPatch, *pauses: float) -> None:
    monkeypatch.setattr(bot.submissions.service, "WITHDRAW_PAUSES", pauses)


def connect_again_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """In Socket Mode, when Slack has given no connection."""
    monkeypatch.setattr(handlers.socket_mode, "RECONNECT_AFTER", seconds)


def leave_a_silent_address_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(handlers.socket_mode, "HANDSHAKE_WITHIN", seconds)


def hang_up_on_slow_clients_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(bot.server, "HEAD_TIMEOUT", seconds)
    monkeypatch.setattr(bot.server, "READER_TIMEOUT", seconds)
    monkeypatch.setattr(handlers.http, "UPLOAD_WITHIN", seconds)
