"""The checks of Slack's client, which run before anything is sent to the bot."""

import re
from collections.abc import Sequence

from bot.sandbox.slack.form_state import Values, value_in
from bot.sandbox.slack.wire import Json

REQUIRED = "Please complete this required field."
_FORMATS = {
    "email_text_input": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Please enter a valid email."),
    "url_text_input": (r"https?://\S+", "Please enter a valid URL."),
    "number_input": (r"-?\d+(\.\d+)?", "Please enter a number."),
}


def form_problems(blocks: Sequence[Json], values: Values) -> dict[str, str]:
    """Return the errors by block_id; if there are none, the client sends the form."""
    problems = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            value = value_in(values[block["block_id"]][element["action_id"]])
            if problem := _problem(block, element, value):
                problems[block["block_id"]] = problem
    return problems


def _problem(block: Json, element: Json, value: object) -> str:
    if not value:
        return "" if block.get("optional") else REQUIRED
    if element["type"] == "plain_text_input" and isinstance(value, str):
        return _length_problem(element, value)
    if element["type"] in _FORMATS:
        pattern, problem = _FORMATS[element["type"]]
        return "" if re.fullmatch(pattern, str(value)) else problem
    return ""


def _length_problem(element: Json, value: str) -> str:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    if len(value) > most:
        return f"Please enter no more than {most} characters."
    return ""
