"""Text, option and confirmation objects.

https://docs.slack.dev/reference/block-kit/composition-objects
"""

from bot.sandbox.slack.rules.check import (
    Check,
    any_value,
    array,
    boolean,
    by_type,
    one_of,
    record,
    string,
)

STYLES = ("primary", "danger")


def plain(limit: int) -> Check:
    return by_type({"plain_text": _plain(limit)})


def any_text(limit: int) -> Check:
    mrkdwn = record({"type": any_value, "text": string(limit, least=1)}, {"verbatim": boolean})
    return by_type({"plain_text": _plain(limit), "mrkdwn": mrkdwn})


def _plain(limit: int) -> Check:
    return record({"type": any_value, "text": string(limit, least=1)}, {"emoji": boolean})


CONFIRM = record(
    {"title": plain(100), "text": any_text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of(*STYLES)},
)
SELECT_OPTION = record(
    {"text": plain(75), "value": string(150, least=1)}, {"description": plain(75)}
)
LIST_OPTION = record(
    {"text": any_text(75), "value": string(150, least=1)}, {"description": any_text(75)}
)
OVERFLOW_OPTION = record(
    {"text": plain(75), "value": string(150, least=1)},
    {"description": plain(75), "url": string(3000)},
)
OPTION_GROUP = record({"label": plain(75), "options": array(SELECT_OPTION, 1, 100)}, {})
DISPATCH_CONFIG = record(
    {},
    {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 1, 2)},
)
CONVERSATION_FILTER = record(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
