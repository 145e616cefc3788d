"""Weav's refusals in a support person's words.

The shape `{message, errors: {field: [reason]}}` is Laravel's and an assumption: Weav's
documentation shows no error at all. Whatever else arrives is answered by its status alone.
"""

from collections.abc import Container, Iterator, Mapping
from itertools import islice
from typing import Final

from bot.weav.models import NewConversation, one_line

LONGEST_REASON: Final = 300  # characters of Weav's own words that are passed on
_LONGEST_READ: Final = 10 * LONGEST_REASON
_MOST_REASONS: Final = 100

_BY_STATUS: Final = {
    401: "The bot's Weav token is not accepted. Tell whoever runs the bot.",
    403: "The bot's Weav token may not open conversations. Tell whoever runs the bot that it "
    "needs the ability external-api:write.",
    404: "Weav did not find what was asked for. Check the customer and the assignee; if they are "
    "right, tell whoever runs the bot to look at WEAV_API_URL.",
    409: "Weav says that this conflicts with what is already there. Look at the customer's "
    "conversations in Weav before you submit again.",
    413: "Weav found the request too large. Shorten the subject and submit again.",
}
_INVALID: Final = (400, 422)


def read_refusal(
    status: int, answer: object, known: Container[str] = NewConversation.model_fields
) -> tuple[str, Mapping[str, str]]:
    """Return one message for the whole, and the reasons by field of the request body."""
    fields: dict[str, str] = {}
    others: list[str] = []
    for key, reason in islice(_reasons(answer), _MOST_REASONS):
        field = key.split(".", 1)[0].strip()
        if field not in known:
            others.append(reason)
        elif reason not in fields.get(field, ""):
            fields[field] = _shorten(f"{fields.get(field, '')} {reason}")
    return _message(status, answer, fields, others), fields


def _message(status: int, answer: object, fields: Mapping[str, str], others: list[str]) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status not in _INVALID:
        return f"Weav refused the request (answer {status}). Tell whoever runs the bot."
    if others:
        return _shorten(f"Weav did not accept this: {' '.join(dict.fromkeys(others))}")
    if fields:
        return "Weav did not accept some of the fields."
    if summary := _summary(answer):
        return _shorten(f"Weav did not accept this: {summary}")
    return "Weav did not accept this and gave no reason. Check the fields and submit again."


def _summary(answer: object) -> str:
    if not isinstance(answer, Mapping):
        return ""
    return _text(answer.get("message")) or _text(answer.get("error"))


def _reasons(answer: object) -> Iterator[tuple[str, str]]:
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    match errors:
        case Mapping():
            pairs = list(errors.items())
        case list():
            pairs = [("", reason) for reason in errors]
        case _:
            pairs = [("", errors)]
    for key, reasons in pairs:
        for reason in reasons if isinstance(reasons, list) else [reasons]:
            if text := _text(reason):
                yield key, text


def _text(value: object) -> str:
    """One line of plain words: a page of HTML that hides in a message is no reason."""
    text = one_line(value[:_LONGEST_READ]) if isinstance(value, str) else ""
    return "" if text.startswith("<") else text


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1].rstrip()}…"
