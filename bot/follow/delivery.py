"""A delivery of Weav's: who sent it, what it is about, and which ids are in it.

https://docs.weav.com/api-reference/webhooks/webhook-delivery names headers and events. The names in
the body and the spelling of the signature are not documented, so every spelling is taken, and an id
is looked for wherever it may stand.
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
# A whole text. In one that is itself JSON backslashes stand before the second quote: the deeper
# such texts lie in each other, the more.
_WHOLE: Final = re.compile(rf'"({DASHED})(\\*)"', re.IGNORECASE)
# A delivery is about one thing and those beside it: its customer, its assignee, its workspace.
MOST_IDS: Final = 100


class Event(StrEnum):
    """Weav's own words."""

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
    """None: no event that we know."""
    return next((event for event in Event if event == name.strip()), None)


def is_signed(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether it is the HMAC-SHA-256 of the body, in hex or base64, with or without `sha256=`."""
    digest = hmac.digest(secret, body, "sha256")
    given = signature.strip().removeprefix(_PREFIX).encode()
    spellings = (digest.hex().encode(), digest.hex().upper().encode(), b64encode(digest))
    return any(hmac.compare_digest(given, spelling) for spelling in spellings)


def is_json(body: bytes) -> bool:
    """Also False for what is nested more deeply than anything that is meant seriously.

    What customers may write is JSON, too: half of a character, or a number of 4,300 digits, which
    other parsers refuse.
    """
    try:
        json.loads(body, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def ids_in(body: bytes) -> list[str]:
    """Find the first hundred UUIDs, whatever they are called and however deep they lie.

    Those that are a whole text come first, and those in JSON in a text after them: a customer may
    paste any number of others. Each as it is spelled and in lower case, as it may be known here.
    """
    found: dict[str, None] = {}
    text = body.decode("latin-1")
    whole = sorted(_WHOLE.finditer(text), key=lambda match: len(match[2]))
    for match in chain(whole, _UUID.finditer(text)):
        found[match[1]] = None
        if len(found) == MOST_IDS:
            break
    return list(dict.fromkeys(each for id_ in found for each in (id_, id_.lower())))
