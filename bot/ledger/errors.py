"""The ledger's exceptions, and how to wait for the database or go on without it.

The messages are for the operator.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import structlog

T = TypeVar("T")


class LedgerUnavailable(Exception):
    """The database failed, and the statement may have been carried out or not.

    The top of queries.sql says which statements may be repeated.
    """


class LedgerTooNew(Exception):
    """A newer release has migrated the database; this one cannot read its rows."""


class Taken(Exception):
    """A unique index rejected the row."""


@contextmanager
def logged_if_unavailable(
    log: structlog.typing.FilteringBoundLogger, event: str, **ids: object
) -> Iterator[None]:
    """Log LedgerUnavailable as a warning, and go on after the block."""
    try:
        yield
    except LedgerUnavailable as error:
        log.warning(event, error=str(error), **ids)


@asynccontextmanager
async def answer_within(seconds: float) -> AsyncIterator[None]:
    """Raise LedgerUnavailable also if the database takes longer than this."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise LedgerUnavailable(f"no answer within {seconds} s") from error


async def read_within(seconds: float, reading: Awaitable[T]) -> T | None:
    """Return None if the database fails or does not answer in time."""
    try:
        async with answer_within(seconds):
            return await reading
    except LedgerUnavailable:
        return None
