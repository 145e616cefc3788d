"""Shortens the bot's waits and limits; the only file that names the constants for them."""

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


def limit_to_one_request_to_weav() -> None:
    """Lasts as long as this process."""
    bot.submissions.worker.AT_ONCE = 1


def patch_one_request_to_weav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.submissions.worker, "AT_ONCE", 1)


def limit_concurrent_looks(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(bot.follow.worker, "AT_ONCE", at_once)


def set_write_pauses(monkeypatch: pytest.MonkeyPatch, *pauses: float) -> None:
    """Retry recording an outcome after each of these seconds, then give up."""
    monkeypatch.setattr(bot.retry, "WRITE_PAUSES", pauses)


def set_withdraw_pauses(monkeypatch: pytest.MonkeyPatch, *pauses: float) -> None:
    monkeypatch.setattr(bot.submissions.service, "WITHDRAW_PAUSES", pauses)


def set_reconnect_pause(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """In Socket Mode, when Slack gives no connection."""
    monkeypatch.setattr(handlers.socket_mode, "RECONNECT_AFTER", seconds)


def set_handshake_timeout(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(handlers.socket_mode, "HANDSHAKE_WITHIN", seconds)


def set_slow_client_timeouts(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(bot.server, "HEAD_TIMEOUT", seconds)
    monkeypatch.setattr(bot.server, "READER_TIMEOUT", seconds)
    monkeypatch.setattr(handlers.http, "UPLOAD_WITHIN", seconds)
