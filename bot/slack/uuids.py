"""UUIDs as people paste them: in any usual spelling, or inside a link."""

import re
from typing import Final, Literal
from uuid import UUID

# A pattern, which its users match in either case.
DASHED: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_WHOLE = re.compile(
    rf"(?:urn:uuid:)?(?P<brace>{{)?(?P<id>{DASHED}|[0-9a-f]{{32}})(?(brace)}})", re.IGNORECASE
)
# A noun is a whole word, and none that counts is longer.
_IN_PATH = re.compile(
    rf"(?:(?<!\w)(?P<noun>\w{{1,13}})[/=])?(?<![0-9a-z-])(?P<id>{DASHED})(?![0-9a-z-])",
    re.IGNORECASE,
)
_KINDS = {
    "customer": "customer",
    "customers": "customer",
    "contact": "customer",
    "contacts": "customer",
    "user": "assignee",
    "users": "assignee",
    "agent": "assignee",
    "agents": "assignee",
    "conversation": "other",
    "conversations": "other",
    "company": "company",
    "companies": "company",
}


def uuid_in(text: str, kind: Literal["customer", "assignee", "company"]) -> UUID | None:
    """Find the UUID that the text is, or the one of this kind in the link that it is.

    In a link the UUID behind `/customers/` wins over others, and one behind `/conversations/` is
    never a customer's.
    """
    text = text.strip()
    if whole := _WHOLE.fullmatch(text):
        return UUID(whole["id"])
    if "/" not in text and not text.startswith("<"):
        return None
    found = [
        (_KINDS.get((match["noun"] or "").lower()), match["id"])
        for match in _IN_PATH.finditer(text)
    ]
    of_kind = [uuid for known, uuid in found if known == kind]
    unknown = [uuid for known, uuid in found if known is None]
    chosen = of_kind or unknown
    return UUID(chosen[-1]) if chosen else None
