"""The customer select: its options, by mouse and keyboard, and when Weav is down."""

import re

import pytest
from playwright.async_api import Request, Route, expect

from bot.sandbox.weav.seeds import COMPANIES
from tests.browser.tabs import JANE, ZOE, Tab, Tabs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

JANES = "Jane Doe · jane@example.com"
ZOES = "Zoë Brûlé · zoe@example.com"


async def opened(ann: Tab, subject: str, customer: str = JANE) -> None:
    """Open a conversation, so that the bot learns the customer."""
    await ann.command(f"email {subject}")
    await ann.choose_customer(customer)
    await ann.submit()
    await expect(ann.cards.filter(has_text=subject)).to_be_visible()


async def test_a_pasted_id_is_confirmed_and_later_a_part_of_the_name_is_enough(ann: Tab) -> None:
    await ann.command("email Export hangs")
    await ann.customer.fill(ZOE)
    await expect(ann.options).to_have_text([f"{ZOES} Confirmed in Weav"])
    await ann.options.click()
    await expect(ann.customer).to_have_value(ZOES)
    await ann.submit()
    await expect(ann.cards).to_have_count(1)

    await ann.command("chat It hangs again")
    await ann.customer.press_sequentially("BRUL")
    await expect(ann.options).to_have_text([f"{ZOES} Used here lately"])
    await ann.options.click()
    await ann.submit()

    await expect(ann.cards.last).to_contain_text("Zoë Brûlé")
    await ann.check_weav(conversations=["It hangs again", "Export hangs"], requests=["201", "201"])


async def test_an_unknown_address_becomes_a_customer_and_is_found_the_next_time(ann: Tab) -> None:
    await ann.command("email Export hangs")
    await ann.customer.fill("new@example.com")
    await expect(ann.options).to_contain_text(["Create customer new@example.com"])
    await ann.options.click()
    await expect(ann.customer).to_have_value("Create customer new@example.com")
    await ann.submit()

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await expect(ann.page.locator("#conversations")).to_contain_text("new@example.com")
    await expect(ann.page.get_by_role("button", name="Copy the ID of new@")).to_be_visible()
    await ann.check_weav(conversations=["Export hangs"], requests=["201", "201"])
    await ann.command()
    await ann.customer.fill("NEW@example.com")
    await expect(ann.options).to_have_text(["new@example.com Used here lately"])


async def test_a_companys_customers_can_be_chosen_by_keyboard(ann: Tab) -> None:
    await ann.command("defaults")
    await ann.modal.get_by_label("Company").fill(COMPANIES["Northwind"])
    await ann.modal.get_by_role("button", name="Save").click()
    await expect(ann.modal).to_be_hidden()
    await ann.command("email Export hangs")
    await expect(ann.customer).to_be_focused()

    await ann.page.keyboard.press("ArrowDown")
    await expect(ann.options).to_have_count(3)
    await ann.page.keyboard.press("Escape")
    await expect(ann.options).to_have_count(0)
    await expect(ann.modal).to_be_visible()
    await ann.page.keyboard.type("example.com")
    active = ann.modal.locator("[role=option].active")
    await expect(ann.options).to_have_count(3)
    wanted = await ann.options.nth(1).inner_text()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        await ann.page.keyboard.press(key)
    await expect(active).to_have_text(wanted)
    await expect(ann.customer).to_have_attribute(
        "aria-activedescendant", str(await active.get_attribute("id"))
    )
    await ann.page.keyboard.press("Enter")

    await expect(ann.options).to_have_count(0)
    await expect(ann.customer).to_have_value(re.compile(re.escape(wanted.split(" · ")[0])))
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_typing_over_a_chosen_customer_is_a_new_search(ann: Tab) -> None:
    await opened(ann, "Export hangs")
    await ann.command("email It hangs again")
    await ann.choose_customer("jane")
    await expect(ann.customer).to_have_value(JANES)

    await ann.page.keyboard.insert_text(ZOE)
    await expect(ann.options).to_contain_text([ZOES])
    await ann.page.keyboard.press("Escape")
    await expect(ann.customer).to_have_value(JANES)
    await ann.modal.get_by_label("Subject").click()
    await ann.customer.click()
    await ann.page.keyboard.insert_text(ZOE)
    await expect(ann.options).to_contain_text([ZOES])
    await ann.page.keyboard.press("Enter")

    await expect(ann.customer).to_have_value(ZOES)


async def test_with_weav_down_known_customers_and_unchecked_ids_work(ann: Tab) -> None:
    await opened(ann, "Export hangs")
    await ann.set_weav("Down")
    await ann.command("email It hangs again")
    await ann.customer.fill("jane")
    await expect(ann.options).to_have_text([f"{JANES} Used here lately"])
    await ann.customer.fill(ZOE)
    await expect(ann.options).to_contain_text(["Use this ID unchecked"])
    await ann.options.click()
    await ann.set_weav("Works")
    await ann.submit()

    await expect(ann.cards).to_have_count(2)
    await ann.check_weav(conversations=["It hangs again", "Export hangs"], requests=["201", "201"])
    await expect(ann.page.locator("#conversations .card").first).to_contain_text("Zoë Brûlé")


async def test_a_choice_counts_even_if_the_click_on_submit_is_faster(ann: Tab) -> None:
    held: list[Route] = []

    async def hold(route: Route, request: Request) -> None:
        if (request.post_data_json or {}).get("do") == "act":
            held.append(route)
        else:
            await route.continue_()

    await ann.page.route("**/api/as/*", hold)
    await ann.command("email Export hangs")
    await ann.choose_customer(JANE)
    await ann.submit()

    await expect(ann.cards).to_have_count(1)
    assert held
    for route in held:
        await route.abort()
    await ann.page.unroute("**/api/as/*")
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_everybody_sees_a_new_customer_and_keeps_their_collapsed_lists(
    ann: Tab, tabs: Tabs
) -> None:
    ben = await tabs.open("U0BEN")
    await ben.page.get_by_text("Customers to choose from").click()
    await ben.page.get_by_text("Companies for a channel's defaults").click()

    await opened(ann, "Export hangs", "new@example.com")

    entry = ben.page.get_by_label("Copy the ID of new@example.com")
    await expect(entry).to_be_attached()
    await expect(entry).to_be_hidden()
    await expect(ben.page.get_by_role("button", name="Copy the ID of Northwind")).to_be_visible()
