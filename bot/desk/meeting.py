"""The bot gets to know a customer of whom it has seen the ID alone."""

from collections.abc import Callable

from bot.desk.finding import Finder
from bot.desk.listing import WITHIN
from bot.ledger import KnownCustomer, LedgerUnavailable, Memory
from bot.logs import get_logger
from bot.tasks import Tasks

log = get_logger("weav_slack.meeting")


async def meet(
    memory: Memory, finder: Finder, customer_id: str, within: float
) -> KnownCustomer | None:
    """Learn who it is, in so many seconds; None: known before, or Weav does not tell."""
    try:
        known = await memory.customer(customer_id)
        if known and (known.name or known.email):
            return None
        found = await finder.customer(customer_id, within)
        if not isinstance(found, KnownCustomer):
            return None
        await memory.learn(found)
    except LedgerUnavailable as error:
        log.warning("not_learned", error=str(error))
        return None
    return found


def starter(memory: Memory, finder: Finder, tasks: Tasks) -> Callable[[str], object]:
    """Meet somebody beside what else happens."""
    return lambda customer_id: tasks.spawn(meet(memory, finder, customer_id, WITHIN), name="meet")
