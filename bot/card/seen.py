"""What Weav says of a conversation now, kept for `status`, the home tab and the next look."""

from bot.ledger import Entry, Ledger, Look
from bot.weav.models import Conversation


async def note_seen(
    ledger: Ledger, entry: Entry, seen: Conversation, replies: float | None
) -> None:
    """Keep what was seen; a message that nobody told of is looked for `replies` seconds later.

    Its event may have come before the conversation was known here, or there is no webhook. None:
    cards do not follow Weav.
    """
    facts = seen.model_dump(mode="json")
    if entry.conversation is None or entry.conversation == facts:
        return
    conversation_id, before = entry.conversation_id or "", Conversation.read(entry.conversation)
    is_later = seen.last_message_at and seen.last_message_at != before.last_message_at
    if is_later and replies is not None:
        await ledger.due.mark(conversation_id, Look.REPLIES, replies)
    await ledger.set_conversation(conversation_id, facts)
