"""What can go wrong with the ledger, as sentences for whoever runs the bot."""


class LedgerUnavailable(Exception):
    """The database did not do it, or nobody knows whether it did.

    What may be tried again then, queries.sql says.
    """


class LedgerTooNew(Exception):
    """The database was brought forward by a newer release, whose rows this one cannot read."""


class Taken(Exception):
    """A unique index refused the row."""
