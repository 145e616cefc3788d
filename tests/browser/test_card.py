"""Two people use the buttons of the same card with the mouse."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import JANE, Tab, Tabs

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEN_IN_WEAV = "5e1a0000-0000-4000-8000-000000000002"


async def opened(ann: Tab) -> Locator:
    await ann.command(f"email {JANE} Export hangs")
    await ann.submit()
    card = ann.cards.first
    await expect(card).to_contain_text("Export hangs")
    return card


async def choose_priority(card: Locator, priority: str) -> None:
    await card.locator(".overflow").click()
    await card.page.get_by_role("menuitem", name=f"Priority: {priority}").click()


@pytest.mark.long
async def test_two_people_close_prioritise_and_reopen_it(ann: Tab, tabs: Tabs) -> None:
    card = await opened(ann)
    ben = await tabs.open("U0BEN")
    bens = ben.cards.first

    await card.get_by_role("button", name="Close: Export hangs").click()

    await expect(bens).to_contain_text("@Ann Archer closed it")
    await expect(bens).to_contain_text("Closed")
    await choose_priority(bens, "Urgent")
    await expect(card).to_contain_text("@Ben Bright set the priority to Urgent")
    await card.get_by_role("button", name="Reopen: Export hangs").click()
    await expect(bens).to_contain_text("@Ann Archer reopened it")
    await expect(bens).to_contain_text("Opened by @Ann Archer with")


@pytest.mark.long
async def test_assign_to_me_needs_the_weav_user_first(ann: Tab, tabs: Tabs) -> None:
    card = await opened(ann)
    ben = await tabs.open("U0BEN")

    await ben.cards.first.get_by_role("button", name="Assign to me").click()

    await expect(ben.messages.last).to_contain_text("/weav-conversation me UUID")
    await ben.say(f"/weav-conversation me {BEN_IN_WEAV}")
    await expect(ben.messages.last).to_contain_text(BEN_IN_WEAV)
    await ben.cards.first.get_by_role("button", name="Assign to me").click()
    await expect(card).to_contain_text("@Ben Bright took it")
    await expect(card).to_contain_text(BEN_IN_WEAV)


async def test_only_who_clicked_sees_the_refusal_and_the_card_stays(ann: Tab) -> None:
    card = await opened(ann)
    await ann.set_weav("Down")

    await card.get_by_role("button", name="Close: Export hangs").click()

    await expect(ann.messages.last).to_contain_text("Nothing was changed.")
    await expect(card).not_to_contain_text("closed it")
    await expect(card).to_contain_text("Open")
