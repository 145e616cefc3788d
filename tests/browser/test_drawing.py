"""The page draws mrkdwn and blocks, and shows unknown blocks as JSON."""

import secrets
from typing import Any

import pytest
from playwright.async_api import expect

from bot.sandbox.command import Sandbox
from bot.sandbox.slack import SlackView, Workspace
from tests.browser.tabs import Tab

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

MRKDWN = [
    ("*bold* _italic_ ~struck~", "<strong>bold</strong> <em>italic</em> <s>struck</s>"),
    ("*bold _and italic_*", "<strong>bold <em>and italic</em></strong>"),
    ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
    ("`*code*`", "<code>*code*</code>"),
    ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
    ("<!channel>", '<span class="mention me">@channel</span>'),
    ("<@U0BEN>", '<span class="mention">@Ben Bright</span>'),
    ("<#C0GENERAL>", '<button class="mention" type="button">#general</button>'),
    ("<javascript:alert(1)|click>", "<span>click</span>"),
    ("<mailto:a@b.example|a@b.example>", ">a@b.example</a>"),
    ("<https://x.example?a=1&amp;b=2|a &lt; b>", 'href="https://x.example?a=1&amp;b=2"'),
    ("see https://x.example/a.", ">https://x.example/a</a>."),
    (":red_circle: :no_such_code:", ">🔴</span> :no_such_code:"),
    ("&gt; quoted\nnot", "<blockquote>quoted</blockquote>not"),
    ("```a *b*\n&lt;c&gt;```", "<pre>a *b*\n&lt;c&gt;</pre>"),
    ("<!date^0^{date_num}|then>", '<time datetime="1970-01-01T00:00:00.000Z" title="then">'),
]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def show(workspace: Workspace, *blocks: dict[str, Any]) -> None:
    """Open a modal for the bot, without Slack's checks."""
    view_id = f"V{secrets.token_hex(4)}"
    view = SlackView(view_id, "U0ANN", "C0SUPPORT", root_view_id=view_id)
    sent = {"type": "modal", "title": plain("Something new"), "submit": plain("Send")}
    workspace.show_view(view, {**sent, "blocks": list(blocks)})


async def test_mrkdwn_is_drawn_as_slack_does(ann: Tab, sandboxed: Sandbox) -> None:
    for text, drawn in MRKDWN:
        message = sandboxed.workspace.add_message("C0SUPPORT", "U0BEN", text, [])
        html = await ann.page.locator(f'[data-ts="{message.ts}"] .text').inner_html()
        assert drawn in html


async def test_what_people_type_stays_text(ann: Tab) -> None:
    typed = "<img src=x onerror=alert(1)> & <b>bold</b> *really*"
    await ann.say(typed)
    await expect(ann.messages.last.locator(".text")).to_have_text(
        "<img src=x onerror=alert(1)> & <b>bold</b> really"
    )

    await ann.command(typed)
    await ann.fill_in()
    await ann.submit()

    await expect(ann.cards).to_contain_text([typed])
    await expect(ann.page.locator("article img, article b")).to_have_count(0)
    await ann.check_weav(conversations=[typed], requests=["201"])


async def test_blocks_that_the_page_cannot_draw_are_shown_as_json(
    ann: Tab, sandboxed: Sandbox
) -> None:
    unknown_input = {
        "type": "input",
        "block_id": "when",
        "label": plain("When"),
        "element": {"type": "timepicker", "action_id": "when", "initial_time": "09:30"},
    }
    known = {"type": "section", "text": plain("Still here")}
    show(sandboxed.workspace, {"type": "video", "title": plain("A film")}, unknown_input, known)

    for kind, content in (("video", "A film"), ("timepicker", "09:30")):
        note = ann.modal.get_by_role("note").filter(has_text=f"cannot draw “{kind}”")
        await expect(note).to_contain_text(content)
    await expect(ann.modal).to_contain_text("Still here")
    await ann.check_weav()


async def test_an_alert_is_drawn_with_its_level(ann: Tab, sandboxed: Sandbox) -> None:
    show(
        sandboxed.workspace,
        {"type": "alert", "text": plain("Not *confirmed* :warning:"), "level": "warning"},
    )

    await expect(ann.modal.locator(".alert.warning")).to_have_text("Not *confirmed* ⚠️")


async def test_all_kinds_of_fields_are_submitted_as_filled_in(ann: Tab, sandboxed: Sandbox) -> None:
    options = [{"text": plain(word), "value": word.lower()} for word in ("One", "Two", "Three")]
    elements: dict[str, dict[str, Any]] = {
        "Text": {"type": "plain_text_input", "multiline": True},
        "Boxes": {"type": "checkboxes", "options": options},
        "Person": {"type": "users_select"},
        "Channel": {"type": "channels_select"},
        "Day": {"type": "datepicker"},
    }
    show(
        sandboxed.workspace,
        {"type": "header", "text": plain("A header")},
        {"type": "divider"},
        *(
            {
                "type": "input",
                "block_id": name,
                "label": plain(name),
                "element": element | {"action_id": name},
            }
            for name, element in elements.items()
        ),
    )

    await ann.modal.get_by_label("Text").fill("a\nb")
    for box in ("One", "Three"):
        await ann.modal.get_by_role("checkbox", name=box).check()
    await ann.choose("Person", "Ben Bright @ben")
    await ann.choose("Channel", "#general")
    await ann.modal.get_by_label("Day").fill("2026-01-31")
    await ann.modal.get_by_role("button", name="Send").click()

    await expect(ann.modal).to_contain_text("Weav bot does not know this action")
    state = next(reversed(sandboxed.workspace.views.values())).values
    assert state["Text"]["Text"]["value"] == "a\nb"
    chosen = [option["value"] for option in state["Boxes"]["Boxes"]["selected_options"]]
    assert chosen == ["one", "three"]
    assert state["Person"]["Person"]["selected_user"] == "U0BEN"
    assert state["Channel"]["Channel"]["selected_channel"] == "C0GENERAL"
    assert state["Day"]["Day"]["selected_date"] == "2026-01-31"
