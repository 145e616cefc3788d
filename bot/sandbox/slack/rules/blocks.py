"""Layout blocks, the elements that each may contain, and unique ids.

https://docs.slack.dev/reference/block-kit/blocks
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from bot.sandbox.slack.rules.check import (
    Check,
    Findings,
    any_value,
    array,
    boolean,
    by_type,
    exactly_one,
    one_of,
    record,
    string,
)
from bot.sandbox.slack.rules.elements import ELEMENTS
from bot.sandbox.slack.rules.rich_text import RICH_TEXT
from bot.sandbox.slack.rules.texts import any_text, plain
from bot.sandbox.slack.wire import Json

_SELECTS = ("static", "external", "users", "conversations", "channels")
_SINGLE = [f"{kind}_select" for kind in _SELECTS]
_MULTI = [f"multi_{kind}_select" for kind in _SELECTS]
_PICKS = ["checkboxes", "radio_buttons", "datepicker", "timepicker"]
_TYPED = ["plain_text_input", "email_text_input", "url_text_input", "number_input"]


def _any_of(*kinds: str) -> Check:
    return by_type({kind: ELEMENTS[kind] for kind in kinds})


_BASE: Mapping[str, Check] = {"type": any_value}
_ID: Mapping[str, Check] = {"block_id": string(255, least=1)}


def _needs_text_or_fields(block: Json, pointer: str, findings: Findings) -> None:
    if "text" not in block and "fields" not in block:
        findings.add("missing required field: text", pointer)


_CONTEXT_ITEM = by_type(
    {
        "image": ELEMENTS["image"],
        "plain_text": any_text(3000),
        "mrkdwn": any_text(3000),
    }
)
BLOCKS: Mapping[str, Check] = {
    "section": record(
        _BASE,
        {
            **_ID,
            "text": any_text(3000),
            "fields": array(any_text(2000), 1, 10),
            "accessory": _any_of("button", "image", "overflow", *_PICKS, *_SINGLE, *_MULTI),
            "expand": boolean,
        },
        _needs_text_or_fields,
    ),
    "divider": record(_BASE, _ID),
    "header": record({**_BASE, "text": plain(150)}, _ID),
    "context": record({**_BASE, "elements": array(_CONTEXT_ITEM, 1, 10)}, _ID),
    "actions": record(
        {
            **_BASE,
            "elements": array(
                _any_of("button", "overflow", "datetimepicker", *_PICKS, *_SINGLE), 1, 25
            ),
        },
        _ID,
    ),
    "input": record(
        {
            **_BASE,
            "label": plain(2000),
            "element": _any_of("datetimepicker", *_TYPED, *_PICKS, *_SINGLE, *_MULTI),
        },
        {**_ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": record(
        {**_BASE, "alt_text": string(2000, least=1)},
        {
            **_ID,
            "title": plain(2000),
            "image_url": string(3000, least=1),
            "slack_file": any_value,
        },
        exactly_one("image_url", "slack_file"),
    ),
    "rich_text": RICH_TEXT,
}
# In modals only: https://docs.slack.dev/reference/block-kit/blocks/alert-block
ALERT: Check = record(
    {**_BASE, "text": any_text(3000)},
    {**_ID, "level": one_of("default", "info", "warning", "error", "success")},
)
# In messages only.
MARKDOWN: Check = record({**_BASE, "text": string(12_000, least=1)}, _ID)


def elements_of(block: Json) -> Iterator[tuple[Json, str]]:
    """Yield the elements of a block, each with its JSON pointer relative to the block."""
    if block["type"] == "section" and "accessory" in block:
        yield block["accessory"], "/accessory"
    if block["type"] == "input":
        yield block["element"], "/element"
    if block["type"] == "actions":
        for index, element in enumerate(block["elements"]):
            yield element, f"/elements/{index}"


def check_uniqueness(blocks: list[Json], pointer: str, findings: Findings) -> None:
    """Reject duplicate block_ids, duplicate action_ids in a block, and a second focus_on_load."""
    counted = Counter(block["block_id"] for block in blocks if "block_id" in block)
    for block_id in (block_id for block_id, times in counted.items() if times > 1):
        findings.add(f"block_id must be unique: {block_id}", pointer)
    focused = 0
    for index, block in enumerate(blocks):
        elements = [element for element, _ in elements_of(block)]
        focused += sum(bool(element.get("focus_on_load")) for element in elements)
        actions = Counter(e["action_id"] for e in elements if "action_id" in e)
        for action_id in (action_id for action_id, times in actions.items() if times > 1):
            findings.add(f"action_id must be unique: {action_id}", f"{pointer}/{index}")
    if focused > 1:
        findings.add("only one element can have `focus_on_load`", pointer)


def check_response_urls(
    blocks: list[Json], pointer: str, findings: Findings, *, modal: bool
) -> None:
    """Reject `response_url_enabled` outside the input blocks of modals."""
    for index, block in enumerate(blocks):
        for element, place in elements_of(block):
            allowed = modal and block["type"] == "input"
            if element.get("response_url_enabled") and not allowed:
                findings.add(
                    "`response_url_enabled` is only available in input blocks of modals",
                    f"{pointer}/{index}{place}",
                )
