"""Rows whose processing raises: put off for longer each time, and given up after a day.

The bot then tells the author in a plain message, and retries that message for another day.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.logs import get_logger
from bot.retry import FINAL_MESSAGE, MISTAKES, put_off, retry_until_written
from bot.slack.api import Failed, SlackApi
from bot.slack.blocks import plain_message
from bot.slack.client import REJECTED
from bot.slack.text import shorten
from bot.tasks import Tasks

log = get_logger("weav_slack.failures")
# Weav documents UUIDs; any other ID must still fit into a message.
ID_LIMIT = 100
OPEN = "A conversation of yours is open in Weav, but the bot could not draw its card. Its ID: {}"
UNKNOWN = (
    "The bot could not find out what became of a conversation of yours: it may have been created in"
    " Weav or not. Look there before you open it again."
)
NOT_CREATED = (
    "A conversation of yours was not created in Weav, and the bot cannot give its form back. Open"
    " it again."
)
MISTAKE = "The bot made a mistake with it again and again."


@dataclass(eq=False, repr=False)
class FailureHandler:
    _ledger: Ledger
    _slack: SlackApi
    _tasks: Tasks

    @asynccontextmanager
    async def put_off_on_error(self, entry: Entry) -> AsyncIterator[None]:
        """Log and count an unexpected error with a row that this process holds, and put it off.

        Otherwise a bug in reading or rendering the row would come back with every lease, forever.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - any error is logged
            self._tasks.failed("resume", error)
            await self._put_off_or_end(entry)

    async def _put_off_or_end(self, entry: Entry) -> None:
        try:
            row = await self._ledger.get(entry.id)  # a POST may have begun since
        except LedgerUnavailable:
            return  # the row is resumed when its lease is over
        if row is None or (row.owner, row.fence) != (self._ledger.owner, entry.fence):
            return
        if next_try := MISTAKES.after(row.tried_for):
            await put_off(self._ledger, row, next_try)
            return
        log.error("given_up", entry=row.id, state=row.state.value)
        sent = await self._slack.direct_message(
            row.slack_user_id, plain_message(_final_message(row))
        )
        if isinstance(sent, Failed) and (
            next_try := FINAL_MESSAGE.after(row.tried_for, counts=sent.code not in REJECTED)
        ):
            log.warning("author_not_reached", entry=row.id, code=sent.code)
            await put_off(self._ledger, row, next_try)
        else:
            await retry_until_written(lambda: self._end(row), row)

    async def _end(self, row: Entry) -> Entry | None:
        held: Entry | None = row
        if row.state is State.OPENED:
            return await self._ledger.announced(row, "nowhere", "", "")
        if row.state in {State.SENDING, State.RECEIVED, State.QUEUED}:
            write = self._ledger.unconfirmed if _is_unsure(row) else self._ledger.expired
            held = await write(row, MISTAKE)
        return await self._ledger.told(held) if held else None


def _final_message(row: Entry) -> str:
    """Use as little of the row as possible: reading the rest may be what fails."""
    if row.conversation_id:
        return OPEN.format(shorten(row.conversation_id, ID_LIMIT))
    return UNKNOWN if _is_unsure(row) else NOT_CREATED


def _is_unsure(row: Entry) -> bool:
    return row.doubtful or row.state in {State.SENDING, State.UNCONFIRMED}
