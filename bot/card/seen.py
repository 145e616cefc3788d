"""What Weav says about a conversation, stored for `status`, the home tab and the next look."""

from bot.ledger import Entry, Ledger, Look
from bot.weav.models import Conversation


async def note_seen(
    ledger: Ledger, entry: Entry, seen: Conversation, replies: float | None
) -> None:
    """Store what Weav said; after a new message, mark a look for replies in `replies` seconds.

    Its event may have come before the ledger knew the conversation, or there is no webhook.
    `replies` is None if cards do not follow Weav.
    """
    facts = seen.model_dump(mode="json")
    if entry.conversation is None or entry.conversation == facts:
        return
    conversation_id, before = entry.conversation_id or "", Conversation.read(entry.conversation)
    is_later = seen.last_message_at and seen.last_message_at != before.last_message_at
    if is_later and replies is not None:
        await ledger.due.mark(conversation_id, Look.REPLIES, replies)
    await ledger.saw_conversation(conversation_id, facts)
