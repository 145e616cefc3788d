"""Changes in Weav and replies of customers show in Slack, for everybody."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import JANE, Tab, Tabs
from tests.browser.test_accessibility import problems

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBJECT = "Export hangs"
PHONE = {"width": 375, "height": 700}


async def opened(ann: Tab) -> Locator:
    await ann.command(f"email {JANE} {SUBJECT}")
    await ann.submit()
    card = ann.cards.first
    await expect(card).to_contain_text(SUBJECT)
    return card


async def test_the_card_follows_changes_in_weav(ann: Tab) -> None:
    card = await opened(ann)

    await ann.change_in_weav(SUBJECT, "Priority: urgent")
    await expect(card).to_contain_text("Priority set to Urgent in Weav")
    await ann.in_weav(SUBJECT).get_by_role("button", name="Close").click()
    await expect(card).to_contain_text("Closed in Weav")

    await card.get_by_role("button", name="Reopen: Export hangs").click()

    await expect(card).to_contain_text("@Ann Archer reopened it")
    await expect(ann.in_weav(SUBJECT)).to_contain_text("open")


@pytest.mark.long
async def test_the_thread_gets_a_notice_of_a_reply(ann: Tab) -> None:
    card = await opened(ann)

    await ann.write_in_weav(SUBJECT, "It still hangs.")

    await card.get_by_role("button", name="1 reply").click()
    notice = ann.thread.last
    await expect(notice).to_contain_text("Jane Doe replied")
    await expect(notice).to_contain_text("@Ann Archer")
    await expect(notice).not_to_contain_text("It still hangs.")
    assert await problems(ann) == []


@pytest.mark.long
async def test_a_channel_chooses_what_its_notices_say(ann: Tab) -> None:
    await ann.command("defaults")
    await ann.choose("When the customer replies", "Post a note with the first 300 characters")
    assert await problems(ann) == []
    await ann.modal.get_by_role("button", name="Save").click()
    card = await opened(ann)

    await ann.write_in_weav(SUBJECT, "<p>It <b>still</b> hangs @here</p>")

    await card.get_by_role("button", name="1 reply").click()
    await expect(ann.thread.last).to_contain_text("It still hangs @here")


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_deleted_conversation_is_shown_on_a_phone_too(tabs: Tabs, scheme: str) -> None:
    ann = await tabs.open()
    card = await opened(ann)
    phone = await tabs.open("U0BEN", color_scheme=scheme, viewport=PHONE)

    await ann.change_in_weav(SUBJECT, "Delete")

    await expect(card).to_contain_text("Deleted in Weav")
    bens = phone.cards.first
    await expect(bens).to_contain_text("Deleted")
    await expect(bens.get_by_role("button", name="Close")).to_have_count(0)
    assert await problems(phone) == []
    assert await phone.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
