"""What a message names that may lead to a customer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bot.slack.uuids import DASHED
from bot.weav.people import DOMAIN, NAME_CHARACTER

_UUID: Final = re.compile(
    r"(?:(?<![a-z])(?P<conversation>conversations?)[/=])?(?<![0-9a-z-])"
    rf"(?P<id>{DASHED})(?![0-9a-z-])",
    re.IGNORECASE,
)
# Before and after an address there is no more of it; Slack writes <mailto:a@b.example|a@b.example>.
# No mailbox has a longer name: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1.
_ADDRESS: Final = re.compile(rf"(?<![\w.@-]){NAME_CHARACTER}{{1,64}}@{DOMAIN}(?![\w@-])")
_SCHEME: Final = "mailto:"
# Of each kind: a message that names more is about something else.
_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Mentions:
    """In the order of their appearance; an ID may be anything's."""

    ids: tuple[str, ...] = ()
    conversation_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


NONE: Final = Mentions()


def mentions_in(text: str) -> Mentions:
    """Read a message's mrkdwn."""
    found = [
        (match["conversation"] is not None, str(UUID(match["id"])))
        for match in _UUID.finditer(text)
    ]
    emails = _ADDRESS.findall(text.replace(_SCHEME, " "))
    return Mentions(
        ids=_first(id_ for of_conversation, id_ in found if not of_conversation),
        conversation_ids=_first(id_ for of_conversation, id_ in found if of_conversation),
        emails=_first(emails),
    )


def _first(several: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(several))[:_MOST]
