"""Pydantic's errors in a support person's words."""

from pydantic import ValidationError

from bot.slack import ids

SUBJECT_LIMIT = 500
_EXAMPLE = "3c90c3cc-…"

_MISSING = {
    ids.CHANNEL: "Choose e-mail or chat.",
    ids.CUSTOMER_ID: f"Choose the customer, or paste their ID from Weav, like {_EXAMPLE}",
    ids.ASSIGNEE_TYPE: "Choose who the assignee is, a person or an AI agent, or clear the ID.",
    ids.ASSIGNEE_ID: "Choose the assignee or paste their ID from Weav, or clear the choice above.",
}
_INVALID = {
    ids.CHANNEL: "Choose e-mail or chat.",
    ids.CUSTOMER_ID: f"That is not a customer ID. Paste the UUID from Weav, like {_EXAMPLE}",
    ids.SUBJECT: "This subject cannot be sent. Write it anew.",
    ids.STATUS: "Choose open or closed, or nothing.",
    ids.PRIORITY: "Choose low, normal, high or urgent, or nothing.",
    ids.ASSIGNEE_TYPE: "Choose a person or an AI agent, or nothing.",
    # Slack may still have what was typed before there was somebody to choose from.
    ids.ASSIGNEE_ID: (
        f"That is not an assignee's ID. Choose anew, or paste the UUID from Weav, like {_EXAMPLE}"
    ),
}
_OTHERWISE = "Something in this form cannot be sent. Check the fields and submit again."


def problems_of(invalid: ValidationError) -> dict[str, str]:
    """One sentence under each field that has an error; never empty."""
    problems: dict[str, str] = {}
    for error in invalid.errors(include_url=False, include_context=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        if field in ids.REQUEST_FIELDS:
            problems.setdefault(field, _sentence(field, error["type"], error["input"]))
    return problems or {ids.CUSTOMER_ID: _OTHERWISE}


def _sentence(field: str, error_type: str, folded: object) -> str:
    if error_type == "string_too_long" and isinstance(folded, str):
        return too_long(len(folded))
    if error_type == "missing" and field in _MISSING:
        return _MISSING[field]
    return _INVALID[field]


def too_long(length: int) -> str:
    over = length - SUBJECT_LIMIT
    return f"The subject has {length} characters. Weav takes {SUBJECT_LIMIT}: cut {over}."
