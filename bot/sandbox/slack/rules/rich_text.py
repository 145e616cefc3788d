"""Rich text: sections, lists, quotes and their elements.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Mapping

from bot.sandbox.slack.rules.check import (
    Check,
    any_value,
    array,
    boolean,
    by_type,
    integer,
    one_of,
    record,
    string,
)

_MANY = 1000
_STYLE = record(
    {},
    dict.fromkeys(
        (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        ),
        boolean,
    ),
)
_ID = string(255, least=1)


def _part(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    return record({"type": any_value, **required}, {"style": _STYLE, **(optional or {})})


PART = by_type(
    {
        "text": _part({"text": string(12_000, least=1)}),
        "link": _part({"url": string(3000, least=1)}, {"text": string(3000), "unsafe": boolean}),
        "user": _part({"user_id": _ID}),
        "usergroup": _part({"usergroup_id": _ID}),
        "channel": _part({"channel_id": _ID}),
        "team": _part({"team_id": _ID}),
        "emoji": _part({"name": _ID}, {"unicode": string(255), "skin_tone": integer(1, 6)}),
        "broadcast": _part({"range": one_of("here", "channel", "everyone")}),
        "color": _part({"value": _ID}),
        "date": _part(
            {"timestamp": integer(0, 9_999_999_999), "format": _ID},
            {"url": string(3000), "fallback": string(3000)},
        ),
    }
)
_PARTS: Mapping[str, Check] = {"elements": array(PART, 0, _MANY)}
_TYPE: Mapping[str, Check] = {"type": any_value}
_BORDER: Mapping[str, Check] = {"border": integer(0, 1)}
_SECTION = record({**_TYPE, **_PARTS}, {})
SECTIONS = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_quote": record({**_TYPE, **_PARTS}, _BORDER),
        "rich_text_preformatted": record({**_TYPE, **_PARTS}, {**_BORDER, "language": _ID}),
        "rich_text_list": record(
            {
                **_TYPE,
                "style": one_of("bullet", "ordered"),
                "elements": array(by_type({"rich_text_section": _SECTION}), 1, _MANY),
            },
            {**_BORDER, "indent": integer(0, 8), "offset": integer(0, _MANY)},
        ),
    }
)
RICH_TEXT = record(
    {**_TYPE, "elements": array(SECTIONS, 1, _MANY)}, {"block_id": string(255, least=1)}
)
