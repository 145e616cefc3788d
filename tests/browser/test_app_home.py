"""The app's home tab on the sandbox's page, with a scripted bot."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.sandbox.command import Sandbox, sandbox
from bot.sandbox.slack.directory import BOT_USER_ID
from tests.browser.scripted import ScriptedApp, manifest_with, row
from tests.browser.tabs import Tab, Tabs
from tests.browser.test_accessibility import problems

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def app() -> ScriptedApp:
    return ScriptedApp()


@pytest_asyncio.fixture(loop_scope="session")
async def sandboxed(browser: Browser, app: ScriptedApp) -> AsyncIterator[Sandbox]:
    assert browser.is_connected()
    async with sandbox(app.running, manifest_with(home_tab=True)) as opened:
        yield opened


async def test_clicks_in_the_home_tab_reach_the_bot(ann: Tab, app: ScriptedApp) -> None:
    app.blocks = [row("Export hangs", "first"), row("Invoice lost", "second")]
    await ann.go_to("Weav")
    await expect(ann.home).to_contain_text("Invoice lost")
    assert app.payloads[-1]["event"]["tab"] == "home"
    await expect(ann.composer).to_be_hidden()

    app.blocks = [row("Export hangs", "first"), row("Invoice found", "second")]
    await ann.home.get_by_role("button", name="Look: Invoice lost").click()

    await expect(ann.home).to_contain_text("Invoice found")
    await expect(ann.home.get_by_role("button", name="Look: Invoice found")).to_be_focused()
    click = app.payloads[-1]
    assert (click["container"]["type"], click["view"]["type"]) == ("view", "home")
    assert click["actions"][0]["block_id"] == "second"
    assert app.payloads[-2]["type"] == "event_callback"


async def test_the_apps_messages_have_their_own_tab(
    ann: Tab, app: ScriptedApp, sandboxed: Sandbox
) -> None:
    app.blocks = [row("Export hangs", "first")]
    channel = sandboxed.workspace.direct_messages("U0ANN")
    sandboxed.workspace.add_message(channel.id, BOT_USER_ID, "First", [])
    await expect(ann.page.get_by_role("button", name="Weav unread")).to_be_visible()

    await ann.go_to("Weav")

    await expect(ann.messages.last).to_contain_text("First")
    await expect(ann.messages.last).to_be_visible()
    await expect(ann.composer).to_be_visible()
    await ann.page.get_by_role("tab", name="Home").click()
    await expect(ann.home).to_contain_text("Export hangs")
    await expect(ann.messages.last).to_be_hidden()
    assert [sent["event"]["tab"] for sent in app.payloads] == ["messages", "home"]

    sandboxed.workspace.add_message(channel.id, BOT_USER_ID, "Second", [])
    await expect(ann.page.get_by_role("button", name="Weav unread")).to_be_visible()
    await ann.go_to("support")
    await expect(ann.home).to_be_hidden()
    await expect(ann.page.get_by_role("tab", name="Home")).to_be_hidden()


@pytest.mark.long
async def test_arrow_keys_switch_tabs(ann: Tab, app: ScriptedApp) -> None:
    app.blocks = [row("Export hangs", "first")]
    await ann.go_to("Weav")
    await ann.page.get_by_role("tab", name="Home").focus()

    await ann.page.keyboard.press("ArrowRight")

    messages = ann.page.get_by_role("tab", name="Messages")
    await expect(messages).to_be_focused()
    await expect(messages).to_have_attribute("aria-selected", "true")
    await expect(ann.composer).to_be_visible()
    await ann.page.keyboard.press("ArrowRight")
    await expect(ann.home).to_contain_text("Export hangs")
    await ann.page.keyboard.press("F6")
    await ann.page.keyboard.press("F6")
    await expect(ann.page.get_by_role("tab", name="Home")).to_be_focused()


async def test_each_user_has_their_own_home_tab(ann: Tab, tabs: Tabs, app: ScriptedApp) -> None:
    await ann.go_to("Weav")
    await app.has_answered.wait()
    await expect(ann.home).to_contain_text("published nothing")
    app.blocks = [row("Export hangs", "first")]
    ben = await tabs.open("U0BEN")
    await ben.go_to("Weav")
    await expect(ben.home).to_contain_text("Export hangs")

    await expect(ann.home).not_to_contain_text("Export hangs")
    again = await tabs.open("U0BEN")
    await expect(again.page.locator("#home")).to_contain_text("Export hangs")


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_home_tab_is_accessible_and_fits_a_phone(
    tabs: Tabs, app: ScriptedApp, scheme: str
) -> None:
    app.blocks = [row(f"Export hangs {number} {'x' * 40}", str(number)) for number in range(20)]
    viewport = {"width": 375, "height": 700}
    ann = await tabs.open(color_scheme=scheme, viewport=viewport)
    await ann.page.get_by_role("button", name="Channels", exact=True).click()
    await ann.go_to("Weav")
    await expect(ann.home).to_contain_text("Export hangs 19")

    assert await problems(ann) == []
    assert await ann.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    button = ann.home.get_by_role("button", name=re.compile("Export hangs 19"))
    await button.scroll_into_view_if_needed()
    await expect(button).to_be_in_viewport(ratio=1)


async def test_without_a_home_tab_in_the_manifest_there_is_none(
    browser: Browser, app: ScriptedApp
) -> None:
    async with sandbox(app.running, manifest_with(home_tab=False)) as opened:
        tabs = Tabs(browser, opened.url)
        ann = await tabs.open()
        await expect(ann.page.get_by_role("button", name="support")).to_be_visible()
        await expect(
            ann.page.locator("#channels").get_by_role("button", name="Weav")
        ).to_have_count(0)
        opened.workspace.direct_messages("U0ANN")
        await ann.go_to("Weav")
        await expect(ann.composer).to_be_visible()
        await expect(ann.page.get_by_role("tab", name="Home")).to_be_hidden()
        await tabs.close()
    assert app.payloads == []
