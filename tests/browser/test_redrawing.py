"""A redraw loses neither a click in progress nor the keyboard focus."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import JANE, Tab, Tabs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]


async def press_down(tab: Tab, on: Locator) -> None:
    box = await on.bounding_box()
    assert box
    await tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await tab.page.mouse.down()


async def test_a_click_on_submit_counts_while_the_form_changes(ann: Tab) -> None:
    await ann.command("email Export hangs")
    await ann.choose_customer(JANE)
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await ann.command("email It hangs again")
    await ann.customer.fill("jane")
    await expect(ann.options).to_have_count(1)
    await ann.delay_weav(1)
    await ann.customer.click()
    await ann.options.first.click()

    await press_down(ann, ann.modal.get_by_role("button", name="Open conversation"))
    await expect(ann.modal).to_contain_text("Open already for this customer")
    await expect(ann.modal.get_by_role("button", name="Open conversation")).to_be_focused()
    await ann.page.mouse.up()

    await expect(ann.cards).to_have_count(2)
    await ann.check_weav(conversations=["It hangs again", "Export hangs"], requests=["201", "201"])


async def test_a_click_on_a_switch_counts_while_another_one_changes(ann: Tab) -> None:
    await ann.page.get_by_label("Answers late by").fill("2")

    await press_down(ann, ann.page.locator("#weav .chip").filter(has_text="Down"))
    await expect(ann.page.locator(".light")).to_have_text("Works, 2 s late")
    await ann.page.mouse.up()

    await expect(ann.page.locator(".light")).to_have_text("Down, 2 s late")
    await expect(ann.page.get_by_role("radio", name="Down")).to_be_focused()
    await expect(ann.page.get_by_label("Answers late by")).to_have_value("2")
    await expect(ann.page.locator(".meaning")).to_contain_text("Connections are refused")


async def test_the_switches_show_changes_by_others(ann: Tab, tabs: Tabs) -> None:
    ben = await tabs.open("U0BEN")

    await ann.set_weav("Refuses a field")
    await ann.page.get_by_label("Refused field").select_option("subject")
    await ann.page.get_by_role("switch", name="Slack refuses posts").check()
    await ann.delay_weav(1.5)

    await expect(ben.page.get_by_role("radio", name="Refuses a field")).to_be_checked()
    await expect(ben.page.get_by_label("Refused field")).to_have_value("subject")
    await expect(ben.page.get_by_role("switch", name="Slack refuses posts")).to_be_checked()
    await expect(ben.page.get_by_label("Answers late by")).to_have_value("1.5")
    await ann.set_weav("Works")
    await expect(ben.page.get_by_label("Refused field")).to_be_hidden()


async def test_the_focus_stays_where_it_is_while_lists_grow(ann: Tab, tabs: Tabs) -> None:
    ben = await tabs.open("U0BEN")
    await ann.command(f"email {JANE} Export hangs")
    await ann.submit()
    await ben.check_weav(conversations=["Export hangs"], requests=["201"])
    creates = ben.page.locator("#exchanges [data-method=POST]")  # the list also has look-ups
    first = creates.last
    await first.locator("summary").click()
    await ann.say("Hello")
    await ann.command(f"email {JANE} It hangs again")
    await ann.submit()

    await ben.check_weav(conversations=["It hangs again", "Export hangs"], requests=["201", "201"])
    await expect(first.locator("summary")).to_be_focused()
    await expect(first.locator("details")).to_have_attribute("open", "")
    general = ben.page.locator("#channels").get_by_role("button", name="general")
    await general.press("Enter")
    await ann.say("Is anybody there?")
    await expect(ben.page.get_by_role("button", name="support unread")).to_be_visible()
    await expect(general).to_be_focused()


async def test_the_focus_stays_on_a_card_changed_by_keyboard(ann: Tab) -> None:
    await ann.command(f"email {JANE} Export hangs")
    await ann.submit()
    card = ann.cards.first
    await expect(ann.modal).to_be_hidden()
    await card.get_by_role("button", name="Close: Export hangs").press("Enter")

    reopen = card.get_by_role("button", name="Reopen: Export hangs")
    await expect(reopen).to_be_focused()
    await reopen.press("Enter")
    await expect(card.get_by_role("button", name="Close: Export hangs")).to_be_focused()


async def test_after_scrolling_up_only_ones_own_messages_scroll_down(ann: Tab, tabs: Tabs) -> None:
    ben = await tabs.open("U0BEN")
    await ann.say("\n".join(f"Line {number}" for number in range(80)))
    await expect(ann.messages.last).to_contain_text("Line 79")
    await ben.say("Seen at the end")
    await expect(ann.messages.last).to_contain_text("Seen at the end")
    await expect(ann.messages.last).to_be_in_viewport()
    log = ann.page.get_by_role("log", name="Messages")
    await log.evaluate("log => log.scrollTo(0, 0)")
    await expect(ann.messages.last).not_to_be_in_viewport()
    await ben.say("Others do not move it")
    await expect(ann.messages.last).to_contain_text("Others do not move it")
    await expect(ann.messages.last).not_to_be_in_viewport()

    await ann.say("/weav-conversation help")

    await expect(ann.messages.last).to_contain_text("opens a form")
    await expect(ann.messages.last).to_be_in_viewport()
