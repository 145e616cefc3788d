"""A webhook delivery from Weav: its signature, its event, and the ids in its body.

https://docs.weav.com/api-reference/webhooks/webhook-delivery documents headers and events, but not
the body's names and the signature's encoding. So accept every encoding, and find ids anywhere in
the body.
"""

import hmac
import json
import re
from base64 import b64encode
from enum import StrEnum
from itertools import chain
from typing import Final

from bot.slack.text import DASHED

_PREFIX: Final = "sha256="
_UUID: Final = re.compile(rf"(?<![0-9a-f-])({DASHED})(?![0-9a-f-])", re.IGNORECASE)
# An id that is a whole JSON string. In JSON inside a JSON string, backslashes precede the closing
# quote: the deeper the nesting, the more.
_WHOLE_STRING: Final = re.compile(rf'"({DASHED})(\\*)"', re.IGNORECASE)
# A delivery names its subject and a few others: a customer, an assignee, a workspace.
MOST_IDS: Final = 100


class Event(StrEnum):
    """Weav's names."""

    CONVERSATION_CREATED = "conversation.created"
    CONVERSATION_DELETED = "conversation.deleted"
    ASSIGNED = "conversation.assigned.updated"
    STATUS = "conversation.status.updated"
    PRIORITY = "conversation.priority.updated"
    TAGS = "conversation.tags.updated"
    CUSTOMER_MESSAGE = "conversation.customer.message.created"
    USER_MESSAGE = "conversation.user.message.created"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_DELETED = "customer.deleted"
    AGENT_CREATED = "agent.created"
    AGENT_UPDATED = "agent.updated"
    AGENT_DELETED = "agent.deleted"
    TRAINING_CREATED = "training.created"
    TRAINING_UPDATED = "training.updated"
    TRAINING_DELETED = "training.deleted"
    TRAINING_ASSIGNED = "training.agent.assigned"

    @property
    def is_of_conversation(self) -> bool:
        return self.startswith("conversation.")


def read_event(name: str) -> Event | None:
    """None if we do not know the event."""
    return next((event for event in Event if event == name.strip()), None)


def is_signed(secret: bytes, body: bytes, signature: str) -> bool:
    """Accept the body's HMAC-SHA-256 in hex or base64, with or without `sha256=`."""
    digest = hmac.digest(secret, body, "sha256")
    given = signature.strip().removeprefix(_PREFIX).encode()
    spellings = (digest.hex().encode(), digest.hex().upper().encode(), b64encode(digest))
    return any(hmac.compare_digest(given, spelling) for spelling in spellings)


def is_json(body: bytes) -> bool:
    """Tell whether the body is JSON; False also for absurdly deep nesting.

    Customers can put half a surrogate pair or a number of 4,300 digits into it. Both are JSON,
    although other parsers refuse them.
    """
    try:
        json.loads(body, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def ids_in(body: bytes) -> list[str]:
    """Find the first hundred UUIDs, under any name and at any depth.

    A customer may paste any number of UUIDs, so whole JSON strings come first, then strings in
    nested JSON, then all others. Return each as spelled and in lower case: the ledger may have
    either.
    """
    found: dict[str, None] = {}
    text = body.decode("latin-1")
    whole = sorted(_WHOLE_STRING.finditer(text), key=lambda match: len(match[2]))
    for match in chain(whole, _UUID.finditer(text)):
        found[match[1]] = None
        if len(found) == MOST_IDS:
            break
    return list(dict.fromkeys(each for id_ in found for each in (id_, id_.lower())))
