"""The rules for whole modals, home tabs and messages, and Slack's errors.

https://docs.slack.dev/reference/views/modal-views and
https://docs.slack.dev/reference/views/home-tab-views
"""

import json
from collections.abc import Callable

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.rules.blocks import (
    ALERT,
    BLOCKS,
    MARKDOWN,
    check_response_urls,
    check_uniqueness,
)
from bot.sandbox.slack.rules.check import (
    Check,
    Findings,
    array,
    boolean,
    by_type,
    one_of,
    record,
    string,
)
from bot.sandbox.slack.rules.texts import plain

VIEW_BYTES = 250_000
MESSAGE_TEXT = 4_000
# Undocumented; measured by users of chat.postMessage (slackapi/bolt-js issues 2509 and 2867).
# They disagree on whether more than the texts counts, so here all of the JSON counts.
MESSAGE_BLOCKS = 13_200

_MODAL = record(
    {
        "type": one_of("modal"),
        "title": plain(24),
        "blocks": array(by_type({**BLOCKS, "alert": ALERT}), 0, 100),
    },
    {
        "submit": plain(24),
        "close": plain(24),
        "private_metadata": string(3000),
        "callback_id": string(255),
        "external_id": string(255),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
)
_HOME = record(
    {"type": one_of("home"), "blocks": array(by_type(BLOCKS), 0, 100)},
    {"private_metadata": string(3000), "callback_id": string(255), "external_id": string(255)},
)
_MESSAGE_BLOCKS = array(by_type({**BLOCKS, "markdown": MARKDOWN}), 0, 50)


def view_problems(view: object) -> list[str]:
    """Return Slack's error messages for a modal; empty if it is valid."""
    return _problems(view, _MODAL, modal=True)


def home_problems(view: object) -> list[str]:
    """Return Slack's error messages for a home tab; empty if it is valid."""
    return _problems(view, _HOME, modal=False)


def _problems(view: object, schema: Check, *, modal: bool) -> list[str]:
    findings = Findings()
    schema(view, "/view", findings)
    if isinstance(view, dict) and not findings.messages:
        blocks = view["blocks"]
        check_uniqueness(blocks, "/view/blocks", findings)
        check_response_urls(blocks, "/view/blocks", findings, modal=modal)
        inputs = [i for i, block in enumerate(blocks) if block["type"] == "input"]
        if modal and inputs and "submit" not in view:
            findings.add(
                "must define `submit` to use an `input` block in modals",
                f"/view/blocks/{inputs[0]}",
            )
    if findings.messages:
        findings.messages.insert(
            0, "[ERROR] failed to match all allowed schemas [json-pointer:/view]"
        )
    return findings.messages


def check_view(view: object) -> None:
    """Raise SlackError as views.open does."""
    _check(view, view_problems)


def check_home(view: object) -> None:
    """Raise SlackError as views.publish does."""
    _check(view, home_problems)


def _check(view: object, find_problems: Callable[[object], list[str]]) -> None:
    written = json.dumps(view, ensure_ascii=False)
    # A lone surrogate arrives as an escape, and counts, too.
    if len(written.encode("utf-8", "surrogatepass")) > VIEW_BYTES:
        raise SlackError("view_too_large")
    if problems := find_problems(view):
        raise SlackError("invalid_arguments", problems)


def check_message(text: object, blocks: object) -> None:
    """Raise SlackError as chat.postMessage does.

    Slack truncates `text` at 40,000 characters and recommends 4,000; the sandbox enforces 4,000.
    """
    if text is not None and not isinstance(text, str):
        raise SlackError(
            "invalid_arguments", ["[ERROR] must provide a string [json-pointer:/text]"]
        )
    if not (text or "").strip() and not blocks:
        raise SlackError("no_text")
    if text and len(text) > MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    if blocks is not None:
        check_message_blocks(blocks)


def check_message_blocks(blocks: object) -> None:
    findings = Findings()
    _MESSAGE_BLOCKS(blocks, "/blocks", findings)
    if isinstance(blocks, list) and not findings.messages:
        check_uniqueness(blocks, "/blocks", findings)
        check_response_urls(blocks, "/blocks", findings, modal=False)
    if findings.messages:
        raise SlackError("invalid_blocks", findings.messages)
    if _length(blocks) > MESSAGE_BLOCKS:
        raise SlackError("msg_blocks_too_long")


def _length(value: object) -> int:
    """Count the characters of the JSON; an escaped character counts as one."""
    match value:
        case str():
            return len(value) + len('""')
        case dict():
            return 1 + sum(_length(k) + _length(v) + len(":,") for k, v in value.items())
        case list():
            return 1 + sum(_length(each) + len(",") for each in value)
        case _:
            return len(json.dumps(value))
