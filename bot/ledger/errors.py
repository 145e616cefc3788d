"""The ledger's exceptions; their messages are for the operator."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog


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
