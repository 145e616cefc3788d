from typing import Any

import pytest

from bot.sandbox.slack import check_message, view_problems
from bot.sandbox.slack.errors import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str = "email", **more: object) -> Json:
    return {"text": plain(value.title()), "value": value, **more}


def section(text: str = "Hello", **more: object) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def field(element: Json, **more: object) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element, **more}


def typed(**more: object) -> Json:
    return {"type": "plain_text_input", "action_id": "subject", **more}


def select(**more: object) -> Json:
    return {"type": "static_select", "action_id": "channel", "options": [option()], **more}


def button(**more: object) -> Json:
    return {"type": "button", "action_id": "again", "text": plain("Again"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def modal(*blocks: Json, **more: object) -> Json:
    return {
        "type": "modal",
        "title": plain("Title"),
        "submit": plain("Open"),
        "blocks": list(blocks),
        **more,
    }


CONVERSATIONS = {"type": "conversations_select", "action_id": "post_to"}
EXTERNAL = {"type": "external_select", "action_id": "assignee", "min_query_length": 0}
CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("Really."),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "<!channel>", "style": {"bold": True}},
                {"type": "link", "url": "https://example.com"},
            ],
        }
    ],
}

VALID_BLOCKS = {
    "text at its longest": section("x" * 3000),
    "header": {"type": "header", "text": plain("x" * 150)},
    "divider": {"type": "divider"},
    "context": {"type": "context", "elements": [plain("a")] * 10},
    "fields": {"type": "section", "fields": [plain("x" * 2000)] * 10},
    "every button": actions(
        *(button(action_id=str(number), style="primary", confirm=CONFIRM) for number in range(25))
    ),
    "accessory": section(accessory=button(value="x" * 2000, url="https://example.com")),
    "input with all": field(
        typed(initial_value="abc", min_length=3, max_length=3, multiline=True),
        hint=plain("x" * 2000),
        optional=True,
        dispatch_action=True,
    ),
    "initial option": field(select(initial_option=option())),
    "100 options": field(select(options=[option(str(number)) for number in range(100)])),
    "conversation": field(
        {
            **CONVERSATIONS,
            "response_url_enabled": True,
            "default_to_current_conversation": True,
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        }
    ),
    "external": field({**EXTERNAL, "initial_option": option()}),
    "rich text": RICH,
    "alert": {"type": "alert", "text": plain("Not confirmed."), "level": "warning"},
}

INVALID_BLOCKS: dict[str, tuple[Json, str, str]] = {
    "text too long": (section("x" * 3001), "less than 3001", "/text/text"),
    "empty text": (section(""), "more than 0", "/text/text"),
    "no text": ({"type": "section"}, "missing required field: text", ""),
    "a string for a text": ({"type": "section", "text": "no"}, "type", "/text"),
    "unknown block": ({"type": "sectoin"}, "unsupported type: sectoin", "/type"),
    "no type": ({"text": plain("x")}, "missing required field: type", ""),
    "unknown property": (section(colour="red"), "invalid additional property: colour", ""),
    "header too long": ({"type": "header", "text": plain("x" * 151)}, "151", "/text/text"),
    "header in mrkdwn": (
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "unsupported type: mrkdwn",
        "/text/type",
    ),
    "emoji in mrkdwn": (
        {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
        "invalid additional property: emoji",
        "/text",
    ),
    "11 fields": ({"type": "section", "fields": [plain("x")] * 11}, "no more than 10", "/fields"),
    "long field": (
        {"type": "section", "fields": [plain("x" * 2001)]},
        "less than 2001",
        "/fields/0/text",
    ),
    "11 in a context": (
        {"type": "context", "elements": [plain("a")] * 11},
        "no more than 10",
        "/elements",
    ),
    "button in a context": (
        {"type": "context", "elements": [button()]},
        "unsupported type: button",
        "/elements/0/type",
    ),
    "26 actions": (
        actions(*(button(action_id=str(number)) for number in range(26))),
        "no more than 25",
        "/elements",
    ),
    "no actions": (actions(), "no fewer than 1", "/elements"),
    "input in actions": (actions(typed()), "unsupported type", "/elements/0/type"),
    "input as accessory": (section(accessory=typed()), "unsupported type", "/accessory/type"),
    "button in an input": (field(button()), "unsupported type: button", "/element/type"),
    "button text too long": (actions(button(text=plain("x" * 76))), "76", "/elements/0/text/text"),
    "button value too long": (actions(button(value="x" * 2001)), "2001", "/elements/0/value"),
    "button style": (actions(button(style="default")), "enum", "/elements/0/style"),
    "half a confirmation": (
        actions(button(confirm={"title": plain("Sure?")})),
        "missing required field",
        "/elements/0/confirm",
    ),
    "action_id too long": (actions(button(action_id="x" * 256)), "256", "/elements/0/action_id"),
    "block_id too long": (section(block_id="x" * 256), "256", "/block_id"),
    "label too long": (field(typed(), label=plain("x" * 2001)), "2001", "/label/text"),
    "hint too long": (field(typed(), hint=plain("x" * 2001)), "2001", "/hint/text"),
    "hint in mrkdwn": (
        field(typed(), hint={"type": "mrkdwn", "text": "x"}),
        "unsupported type: mrkdwn",
        "/hint/type",
    ),
    "placeholder too long": (
        field(typed(placeholder=plain("x" * 151))),
        "151",
        "/element/placeholder/text",
    ),
    "max_length": (field(typed(max_length=3001)), "less than 3001", "/element/max_length"),
    "min over max": (field(typed(min_length=4, max_length=3)), "min_length", "/element"),
    "initial value too long": (
        field(typed(max_length=3, initial_value="four")),
        "initial_value",
        "/element/initial_value",
    ),
    "no options": (field(select(options=[])), "no fewer than 1", "/element/options"),
    "101 options": (
        field(select(options=[option(str(number)) for number in range(101)])),
        "no more than 100",
        "/element/options",
    ),
    "options and groups": (
        field(select(option_groups=[{"label": plain("G"), "options": [option("b")]}])),
        "exactly one of",
        "/element",
    ),
    "neither options nor groups": (
        field({"type": "static_select", "action_id": "a"}),
        "exactly one of",
        "/element",
    ),
    "option text too long": (
        field(select(options=[{"text": plain("x" * 76), "value": "a"}])),
        "76",
        "/element/options/0/text/text",
    ),
    "option value too long": (
        field(select(options=[{"text": plain("a"), "value": "x" * 151}])),
        "151",
        "/element/options/0/value",
    ),
    "option description too long": (
        field(select(options=[option(description=plain("x" * 76))])),
        "76",
        "/element/options/0/description/text",
    ),
    "option in mrkdwn": (
        field(select(options=[{"text": {"type": "mrkdwn", "text": "a"}, "value": "a"}])),
        "unsupported type: mrkdwn",
        "/element/options/0/text/type",
    ),
    "initial option elsewhere": (
        field(select(initial_option=option("chat"))),
        "must exactly match",
        "/element",
    ),
    "initial option of other words": (
        field(select(initial_option={"text": plain("E-mail"), "value": "email"})),
        "must exactly match",
        "/element",
    ),
    "external with options": (
        field({**EXTERNAL, "options": [option()]}),
        "invalid additional property: options",
        "/element",
    ),
    "filter of nothing": (
        field({**CONVERSATIONS, "filter": {"include": []}}),
        "no fewer than 1",
        "/element/filter/include",
    ),
    "response URL outside of an input": (
        actions({**CONVERSATIONS, "response_url_enabled": True}),
        "only available in input blocks",
        "/elements/0",
    ),
    "the same action twice": (actions(button(), button()), "action_id must be unique", ""),
    "empty rich text": ({"type": "rich_text", "elements": []}, "no fewer than 1", "/elements"),
    "unknown rich text": (
        {"type": "rich_text", "elements": [{"type": "text", "text": "x"}]},
        "unsupported type: text",
        "/elements/0/type",
    ),
    "image without words": (
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text",
        "",
    ),
    "alert of no level": (
        {"type": "alert", "text": plain("x"), "level": "danger"},
        "valid enum value",
        "/level",
    ),
    "Markdown in a modal": ({"type": "markdown", "text": "x"}, "unsupported type", "/type"),
}
OTHERWISE_IN_MESSAGES = {"alert of no level", "Markdown in a modal"}

INVALID_VIEWS: dict[str, tuple[Json, str]] = {
    "title too long": (modal(title=plain("x" * 25)), "less than 25 characters"),
    "submit too long": (modal(submit=plain("x" * 25)), "less than 25 characters"),
    "close too long": (modal(close=plain("x" * 25)), "less than 25 characters"),
    "title as a string": (modal(title="Title"), "missing required field: type"),
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title"),
    "no blocks": ({"type": "modal", "title": plain("x")}, "missing required field: blocks"),
    "another type": (modal(type="dialog"), "valid enum value"),
    "101 blocks": (modal(*[section()] * 101), "no more than 100 items"),
    "private_metadata too long": (modal(private_metadata="x" * 3001), "less than 3001"),
    "callback_id too long": (modal(callback_id="x" * 256), "less than 256"),
    "null for nothing": (modal(close=None), "missing required field: type"),
    "unknown property": (modal(submit_disabled=True), "invalid additional property"),
    "input without submit": (
        {"type": "modal", "title": plain("x"), "blocks": [field(typed())]},
        "must define `submit`",
    ),
    "block_id twice": (modal(section(block_id="a"), section(block_id="a")), "must be unique: a"),
    "two focused": (
        modal(field(typed(focus_on_load=True)), field(typed(focus_on_load=True))),
        "only one element",
    ),
    "not an object": ([], "must provide an object"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", VALID_BLOCKS)
def test_slack_accepts(name: str) -> None:
    assert view_problems(modal(VALID_BLOCKS[name])) == []


@pytest.mark.parametrize("name", INVALID_BLOCKS)
def test_slack_refuses_in_a_modal(name: str) -> None:
    block, problem, pointer = INVALID_BLOCKS[name]
    problems = view_problems(modal(block))

    assert problems[0] == "[ERROR] failed to match all allowed schemas [json-pointer:/view]"
    assert any(problem in p and p.endswith(f"/view/blocks/0{pointer}]") for p in problems)


@pytest.mark.parametrize("name", sorted(INVALID_BLOCKS.keys() - OTHERWISE_IN_MESSAGES))
def test_slack_refuses_in_a_message(name: str) -> None:
    block, problem, pointer = INVALID_BLOCKS[name]
    with pytest.raises(SlackError) as refusal:
        check_message("Hello", [block])

    assert refusal.value.code == "invalid_blocks"
    expected = f"/blocks/0{pointer}]"
    assert any(problem in p and p.endswith(expected) for p in refusal.value.messages)


def test_slack_refuses_an_alert_in_a_message() -> None:
    with pytest.raises(SlackError) as refusal:
        check_message("Hello", [VALID_BLOCKS["alert"]])

    assert any("unsupported type: alert" in problem for problem in refusal.value.messages)


@pytest.mark.parametrize("name", INVALID_VIEWS)
def test_slack_refuses_a_modal(name: str) -> None:
    view, problem = INVALID_VIEWS[name]

    assert any(problem in p for p in view_problems(view))


def test_a_modal_may_be_as_large_as_slack_allows() -> None:
    view = modal(
        *[section()] * 100,
        title=plain("x" * 24),
        submit=plain("x" * 24),
        close=plain("x" * 24),
        private_metadata="x" * 3000,
        callback_id="x" * 255,
        external_id="x" * 255,
        notify_on_close=True,
        clear_on_close=True,
    )
    assert view_problems(view) == []


@pytest.mark.parametrize(
    ("text", "blocks", "code"),
    [
        (None, None, "no_text"),
        (" ", [], "no_text"),
        ("x" * 4001, None, "msg_too_long"),
        ("x", [section()] * 51, "invalid_blocks"),
        ("x", "blocks", "invalid_blocks"),
        ("x", [section("x" * 3000)] * 5, "msg_blocks_too_long"),
        ("x", [actions(button(value="x" * 1500))] * 9, "msg_blocks_too_long"),
        (5, None, "invalid_arguments"),
    ],
)
def test_slack_refuses_a_message(text: object, blocks: object, code: str) -> None:
    with pytest.raises(SlackError) as refusal:
        check_message(text, blocks)

    assert refusal.value.code == code


def test_response_urls_are_not_for_messages() -> None:
    block = field({**CONVERSATIONS, "response_url_enabled": True})
    with pytest.raises(SlackError) as refusal:
        check_message("Hello", [block])

    assert refusal.value.code == "invalid_blocks"
