import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import JANE, Tab, Tabs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

PHONE = {"width": 375, "height": 700}


async def press(tab: Tab, *keys: str) -> None:
    for key in keys:
        await tab.page.keyboard.press(key)


async def tab_to(tab: Tab, label: str) -> None:
    """Press Tab until an element with this label or text has the focus."""
    wanted = tab.page.get_by_label(label, exact=True).or_(tab.page.get_by_text(label, exact=True))
    focused = wanted.and_(tab.page.locator(":focus"))
    for _ in range(60):
        await tab.page.keyboard.press("Tab")
        if await focused.count():
            return
    raise AssertionError(f"Tab does not come to {label!r}")


async def test_the_keyboard_alone_is_enough(ann: Tab) -> None:
    await press(ann, "Tab", "Enter")
    await expect(ann.composer).to_be_focused()
    await ann.page.keyboard.type("/wea")
    await press(ann, "Tab")
    await ann.page.keyboard.type("Export hangs")
    await press(ann, "Enter")
    await expect(ann.modal.get_by_label("Customer")).to_be_focused()

    await ann.page.keyboard.type(JANE)
    await expect(ann.modal.get_by_role("option")).to_have_count(1)
    await press(ann, "Enter", "Tab", "ArrowDown", "Space")
    await tab_to(ann, "Priority (optional)")
    await ann.page.keyboard.type("hi")
    await press(ann, "Enter")
    await expect(ann.modal.get_by_role("combobox", name="Priority")).to_have_value("High")
    await tab_to(ann, "Open conversation")
    await press(ann, "Enter")

    await expect(ann.composer).to_be_focused()
    await expect(ann.cards).to_contain_text(["High"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_the_focus_stays_in_the_modal_and_f6_switches_halves(ann: Tab) -> None:
    await ann.command()
    inside = ann.modal.locator(":focus")
    for key in ["Tab"] * 25 + ["Shift+Tab"] * 25:
        await ann.page.keyboard.press(key)
        await expect(inside).to_have_count(1)

    await press(ann, "F6")
    await expect(ann.page.locator("#weav :focus")).to_have_count(1)
    await press(ann, "F6")
    await expect(inside).to_have_count(1)

    await tab_to(ann, "Priority (optional)")
    await press(ann, "ArrowDown", "Escape")
    await expect(ann.modal).to_be_visible()
    await press(ann, "Escape")
    await expect(ann.modal).to_be_hidden()
    await expect(ann.composer).to_be_focused()
    await ann.check_weav()


async def test_a_messages_menu_works_by_keyboard(ann: Tab) -> None:
    await ann.messages.last.get_by_role("button", name="More actions").focus()

    await press(ann, "Enter", "ArrowDown", "ArrowUp", "Enter")

    await expect(ann.modal).to_contain_text("About a message in #support")
    await press(ann, "Escape")
    await ann.check_weav()


async def test_everything_can_be_done_at_the_width_of_a_phone(tabs: Tabs) -> None:
    ann = await tabs.open(viewport=PHONE, has_touch=True)
    await ann.page.get_by_role("button", name="Channels").tap()
    await ann.go_to("general")
    await ann.command("Export hangs")
    await ann.fill_in()
    assert await ann.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await ann.submit()

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.messages.first.get_by_role("button", name="More actions").tap()
    await ann.page.get_by_role("menuitem", name="Reply in thread").tap()
    await expect(ann.thread).to_have_count(1)
    await ann.page.get_by_role("button", name="Weav", exact=True).tap()
    await expect(ann.page.locator("#weav")).to_be_in_viewport()
    assert await ann.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_a_list_stays_at_its_field_while_the_form_scrolls(tabs: Tabs) -> None:
    ann = await tabs.open(viewport=PHONE)
    await ann.command("email Export hangs")
    field = ann.modal.get_by_role("combobox", name="Priority")
    await field.click()
    await expect(ann.options).to_have_count(4)
    before = await distance(ann, field)

    await ann.modal.locator(".modal-body").hover(position={"x": 100, "y": 20})
    await ann.page.mouse.wheel(0, 90)

    await expect(ann.modal.locator("label").first).not_to_be_in_viewport()
    await ann.page.wait_for_function("new Promise(requestAnimationFrame)")
    assert await distance(ann, field) == pytest.approx(before, abs=1)


async def distance(tab: Tab, field: Locator) -> float:
    shown, of = await tab.modal.get_by_role("listbox").bounding_box(), await field.bounding_box()
    assert shown
    assert of
    return shown["y"] - of["y"]


async def test_long_addresses_fit_the_width_of_a_phone(tabs: Tabs) -> None:
    address = f"{'very.' * 8}long@{'department.' * 4}example.com"
    ann = await tabs.open(viewport=PHONE)
    await ann.command("email Export hangs")
    await ann.choose_customer(address)
    await expect(ann.customer).to_have_value(re.compile("^Create customer very.very"))
    assert await ann.customer.evaluate("(input) => input.scrollLeft") == 0
    await ann.submit()
    await expect(ann.cards).to_have_count(1)

    await ann.page.get_by_role("button", name="Weav", exact=True).click()

    copy = ann.page.get_by_role("button", name=f"Copy the ID of {address}")
    await expect(copy).to_be_in_viewport(ratio=1)
    body = ann.page.locator(".weav-body")
    assert await body.evaluate("(body) => body.scrollWidth - body.clientWidth") == 0
