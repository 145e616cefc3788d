"""Captures the log, and finds what must not be in it."""

from __future__ import annotations

import io
import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from bot.logs import configure
from bot.sandbox.weav.app import TOKEN
from tests.bad_days.replies import CANARY
from tests.harness import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

# The log must contain no field's and no header's value, whatever happens to the request.
SECRETS = re.compile(
    rf"{CANARY}|xox[abp]-|xapp-|{TOKEN}|{SECRET}|v0=[0-9a-f]|canary-subject|@example\.com"
    r"|/(commands|app|actions)/T0SANDBOX|Bearer "
)

# No input from outside is logged as an exception.
BUGS = ('"exception"', '"raised"', "Traceback", "never retrieved")


def logged_badly(log: io.StringIO) -> list[str]:
    return [
        line
        for line in log.getvalue().splitlines()
        if SECRETS.search(line) or any(word in line for word in BUGS)
    ]


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Capture everything that the process logs, at DEBUG, with the bot's own handlers."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    configure("DEBUG", "json")
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)
    try:
        yield written
    finally:
        structlog.reset_defaults()
        root.handlers[:], level = before
        root.setLevel(level)
