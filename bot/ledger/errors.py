"""What can go wrong with the ledger, as sentences for whoever runs the bot."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog


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
