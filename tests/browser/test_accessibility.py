"""axe-core finds no serious or critical problem in any state of the page."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.tabs import ZOE, Tab, Tabs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# Wait for animations first: the colours in between may lack contrast.
RUN = """async () => {
  await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {})));
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}"""
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


async def problems(tab: Tab) -> list[str]:
    await tab.page.evaluate(AXE)
    found: list[str] = await tab.page.evaluate(RUN)
    return found


@SCHEMES
async def test_with_messages_menus_and_requests(tabs: Tabs, scheme: str) -> None:
    ann = await tabs.open(color_scheme=scheme)
    await ann.say("/weav-conversation help")
    await expect(ann.messages.filter(has_text="Only visible to you")).to_be_visible()
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await ann.set_weav("Refuses a field")
    await ann.page.locator("#exchanges summary").first.click()
    assert await problems(ann) == []

    await ann.messages.nth(1).get_by_role("button", name="reply").first.click()
    await ann.page.get_by_role("button", name="More actions").last.click()
    assert await problems(ann) == []

    await ann.page.keyboard.press("Escape")
    await ann.page.get_by_role("button", name="Close thread").click()
    await ann.composer.fill("/")
    assert await problems(ann) == []
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


@SCHEMES
async def test_with_a_modal_its_errors_and_an_open_list(tabs: Tabs, scheme: str) -> None:
    ann = await tabs.open(color_scheme=scheme)
    await ann.command("Export hangs")
    assert await problems(ann) == []

    await ann.submit()
    await expect(ann.error_under("customer_id")).not_to_be_empty()
    await ann.modal.get_by_role("combobox", name="Priority").click()
    await expect(ann.modal.get_by_role("option", name="Urgent")).to_be_visible()
    assert await problems(ann) == []
    await ann.check_weav()


@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "light", "viewport": {"width": 375, "height": 700}},
        {"color_scheme": "dark"},
    ],
)
async def test_with_prefilled_and_suggested_values(tabs: Tabs, look: dict[str, Any]) -> None:
    ann = await tabs.open(**look)
    await ann.command("defaults")
    await ann.modal.get_by_label("Company").fill("nonsense")
    await ann.modal.get_by_role("button", name="Save").click()
    await expect(ann.error_under("company_id")).not_to_be_empty()
    assert await problems(ann) == []

    await ann.cancel()
    await ann.open_from_message("cannot pay order 17")
    await ann.customer.fill("new@example.com")
    await expect(ann.options).to_contain_text(["Create customer"])
    assert await problems(ann) == []

    await ann.fill_in(ZOE, "Chat")
    await ann.submit()
    await expect(ann.modal).to_be_hidden()
    await ann.open_from_message("cannot pay order 17")
    await ann.submit()
    await expect(ann.error_under("another")).not_to_be_empty()
    await ann.choose_customer(ZOE)
    await expect(ann.modal).to_contain_text("Open already for this customer")
    await ann.choose("Assign to", "An AI agent")
    await ann.modal.get_by_role("combobox", name="Assignee").click()
    await expect(ann.options).to_have_count(2)
    assert await problems(ann) == []


@pytest.mark.parametrize("part", ["Channels", "Messages", "Weav"])
async def test_at_the_width_of_a_phone(tabs: Tabs, part: str) -> None:
    ann = await tabs.open(viewport={"width": 375, "height": 700})

    await ann.page.get_by_role("button", name=part, exact=True).click()

    assert await problems(ann) == []
    await ann.check_weav()
