"""What Weav says about a conversation, stored for `status`, the home tab and the next look."""

from bot.ledger import Entry, Ledger, Look
from bot.weav.models import Conversation


async def store_conversation(
    ledger: Ledger, entry: Entry, conversation: Conversation, replies: float | None
) -> None:
    """Store what Weav said; after a new message, mark a look for replies in `replies` seconds.

    Its event may have come before the ledger knew the conversation, or there is no webhook.
    `replies` is None if cards do not follow Weav.
    """
    conversation_id, stored = entry.conversation_id or "", entry.conversation
    current, last = conversation.model_dump(mode="json"), conversation.last_message_at
    if stored is None or stored == current:
        return
    if last and last != Conversation.read(stored).last_message_at and replies is not None:
        await ledger.due.mark(conversation_id, Look.REPLIES, replies)
    await ledger.set_conversation(conversation_id, current)
