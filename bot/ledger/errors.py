"""What can go wrong with the ledger, as sentences for whoever runs the bot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import structlog

T = TypeVar("T")


class LedgerUnavailable(Exception):
    """The database did not do it, or nobody knows whether it did.

    What may be tried again then, queries.sql says.
    """


class LedgerTooNew(Exception):
    """The database was brought forward by a newer release, whose rows this one cannot read."""


class Taken(Exception):
    """A unique index refused the row."""


@contextmanager
def logged_if_unavailable(
    log: structlog.typing.FilteringBoundLogger, event: str, **ids: object
) -> Iterator[None]:
    """Go on without what the database did not do."""
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
    """Return None if the database does not answer in time."""
    try:
        async with answer_within(seconds):
            return await reading
    except LedgerUnavailable:
        return None
