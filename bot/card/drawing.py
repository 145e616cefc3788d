"""A card put together to be drawn: from Weav's word, what is kept, and what is known of both."""

from collections.abc import Callable, Sequence

from bot.access.audience import ChannelReaders
from bot.card.facts import CardFacts
from bot.card.history import Noted
from bot.card.render import Card
from bot.directory import Names
from bot.weav.models import DELETED, Conversation


class CardDrawer:
    def __init__(
        self, names: Names, channel_readers: ChannelReaders, link_to: Callable[[str], str]
    ) -> None:
        """`link_to`: a conversation's address in Weav by its id; empty where none is set."""
        self._names = names
        self._channel_readers = channel_readers
        self.link_to = link_to

    async def card(
        self,
        conversation: Conversation,
        slack_channel_id: str,
        facts: CardFacts,
        changes: Sequence[Noted] = (),
        *,
        new: bool = False,
    ) -> Card:
        is_deleted = conversation.status == DELETED
        return Card(
            conversation,
            opened=facts.opened,
            named=await self._names.of(conversation),
            readers=await self._channel_readers.of_card(slack_channel_id),
            link="" if is_deleted else self.link_to(conversation.id),
            note=facts.note,
            changes=changes,
            above=facts.above,
            new=new,
        )
