"""Whom a card names, as far as it is known here: on the way to a card Weav is not asked."""

from bot.desk.finding import Finder
from bot.ledger import LedgerUnavailable, Memory
from bot.slack.cards import NOT_NAMED, Named
from bot.weav.models import AssigneeType, Conversation


class Names:
    def __init__(self, memory: Memory, finder: Finder) -> None:
        self._memory = memory
        self._finder = finder

    async def of(self, conversation: Conversation) -> Named:
        """Nobody is named without the database; the card has their ids."""
        try:
            customer = await self._customer(conversation.customer_id or "")
            return Named(customer, await self._assignee(conversation))
        except LedgerUnavailable:
            return NOT_NAMED

    async def _customer(self, customer_id: str) -> str:
        known = await self._memory.customer(customer_id) if customer_id else None
        # Somebody who was just created by their address has nothing else; a channel that others
        # read gets the short card, without either.
        return (known.name or known.email) if known else ""

    async def _assignee(self, conversation: Conversation) -> str:
        assignee_id = (conversation.assignee_id or "").lower()
        match conversation.assignee_type:
            case AssigneeType.AGENT:
                agent = self._finder.known_agent(assignee_id)
                return (agent.name or "") if agent else ""
            case AssigneeType.USER:
                user = await self._memory.user_with(assignee_id)
                return user.name if user else ""
            case _:
                return ""
