"""Block elements: their properties, limits, and rules across properties.

https://docs.slack.dev/reference/block-kit/block-elements
"""

import re
from collections.abc import Mapping

from bot.sandbox.slack.rules.check import (
    Check,
    Findings,
    Rule,
    any_value,
    array,
    boolean,
    exactly_one,
    integer,
    one_of,
    record,
    string,
)
from bot.sandbox.slack.rules.texts import (
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_CONFIG,
    LIST_OPTION,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    SELECT_OPTION,
    STYLES,
    plain,
)
from bot.sandbox.slack.wire import Json

_TYPE: Mapping[str, Check] = {"type": any_value}
_ID: Mapping[str, Check] = {"action_id": string(255, least=1)}
_PLACEHOLDER: Mapping[str, Check] = {"placeholder": plain(150)}
_FOCUS: Mapping[str, Check] = {"focus_on_load": boolean}
_INPUT = {**_ID, **_PLACEHOLDER, **_FOCUS}
_SELECT = {**_INPUT, "confirm": CONFIRM}
_MULTI = {**_SELECT, "max_selected_items": integer(1, 100)}
_CHOICES: Mapping[str, Check] = {
    "options": array(SELECT_OPTION, 1, 100),
    "option_groups": array(OPTION_GROUP, 1, 100),
}
_IDS = array(string(255, least=1), 1, 100)
_ONE = string(255, least=1)


def matching(pattern: str, example: str) -> Check:
    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            findings.add(f"must be formatted like {example}", pointer)

    return check


def all_options(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(o for group in groups for o in group["options"])]


def _initial_among_options(element: Json, pointer: str, findings: Findings) -> None:
    offered = all_options(element)
    chosen = [element["initial_option"]] if "initial_option" in element else []
    for option in chosen + element.get("initial_options", []):
        if option not in offered:
            findings.add("`initial_option` must exactly match one of the options", pointer)


def _length_agrees(element: Json, pointer: str, findings: Findings) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if least > most:
        findings.add("`min_length` must not be greater than `max_length`", pointer)
    initial = element.get("initial_value")
    if initial is not None and not least <= len(initial) <= most:
        findings.add(
            f"`initial_value` must have {least} to {most} characters", f"{pointer}/initial_value"
        )


def _of(
    optional: Mapping[str, Check], *rules: Rule, required: Mapping[str, Check] | None = None
) -> Check:
    return record({**_TYPE, **(required or {})}, optional, *rules)


def _select(initial: Mapping[str, Check], *rules: Rule) -> Check:
    return _of({**_SELECT, **initial}, *rules)


def _multi(initial: Mapping[str, Check], *rules: Rule) -> Check:
    return _of({**_MULTI, **initial}, *rules)


_STATIC_RULES = (exactly_one("options", "option_groups"), _initial_among_options)
_CONVERSATIONS: Mapping[str, Check] = {
    "filter": CONVERSATION_FILTER,
    "default_to_current_conversation": boolean,
}
_TYPED: Mapping[str, Check] = {**_INPUT, "dispatch_action_config": DISPATCH_CONFIG}

ELEMENTS: Mapping[str, Check] = {
    "button": _of(
        {
            **_ID,
            "url": string(3000),
            "value": string(2000),
            "style": one_of(*STYLES),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
        required={"text": plain(75)},
    ),
    "image": _of(
        {"image_url": string(3000, least=1), "slack_file": any_value},
        exactly_one("image_url", "slack_file"),
        required={"alt_text": string(2000)},
    ),
    "overflow": _of(
        {**_ID, "confirm": CONFIRM}, required={"options": array(OVERFLOW_OPTION, 1, 5)}
    ),
    "checkboxes": _of(
        {**_ID, **_FOCUS, "confirm": CONFIRM, "initial_options": array(LIST_OPTION, 1, 10)},
        _initial_among_options,
        required={"options": array(LIST_OPTION, 1, 10)},
    ),
    "radio_buttons": _of(
        {**_ID, **_FOCUS, "confirm": CONFIRM, "initial_option": LIST_OPTION},
        _initial_among_options,
        required={"options": array(LIST_OPTION, 1, 10)},
    ),
    "static_select": _select({**_CHOICES, "initial_option": SELECT_OPTION}, *_STATIC_RULES),
    "multi_static_select": _multi(
        {**_CHOICES, "initial_options": array(SELECT_OPTION, 1, 100)}, *_STATIC_RULES
    ),
    "external_select": _select(
        {"initial_option": SELECT_OPTION, "min_query_length": integer(0, 255)}
    ),
    "multi_external_select": _multi(
        {"initial_options": array(SELECT_OPTION, 1, 100), "min_query_length": integer(0, 255)}
    ),
    "users_select": _select({"initial_user": _ONE}),
    "multi_users_select": _multi({"initial_users": _IDS}),
    "channels_select": _select({"initial_channel": _ONE, "response_url_enabled": boolean}),
    "multi_channels_select": _multi({"initial_channels": _IDS}),
    "conversations_select": _select(
        {**_CONVERSATIONS, "initial_conversation": _ONE, "response_url_enabled": boolean}
    ),
    "multi_conversations_select": _multi({**_CONVERSATIONS, "initial_conversations": _IDS}),
    "datepicker": _select({"initial_date": matching(r"\d{4}-\d\d-\d\d", "2026-01-31")}),
    "timepicker": _select({"initial_time": matching(r"\d\d:\d\d", "23:59"), "timezone": _ONE}),
    "datetimepicker": _of(
        {
            **_ID,
            **_FOCUS,
            "confirm": CONFIRM,
            "initial_date_time": integer(1_000_000_000, 9_999_999_999),
        }
    ),
    "plain_text_input": _of(
        {
            **_TYPED,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _length_agrees,
    ),
    "email_text_input": _of({**_TYPED, "initial_value": string(3000)}),
    "url_text_input": _of({**_TYPED, "initial_value": string(3000)}),
    "number_input": _of(
        {
            **_TYPED,
            "initial_value": string(255),
            "min_value": string(255),
            "max_value": string(255),
        },
        required={"is_decimal_allowed": boolean},
    ),
}
