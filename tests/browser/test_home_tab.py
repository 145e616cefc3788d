"""The bot's home tab: waiting submissions, open conversations, and a button for the form."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.tabs import Tab, Tabs
from tests.browser.test_accessibility import problems

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def refused(ann: Tab, subject: str) -> None:
    await ann.set_weav("401")
    await ann.command(subject)
    await ann.fill_in()
    await ann.submit()
    await expect(ann.modal).to_contain_text("token is not accepted")
    await ann.cancel()
    await ann.set_weav("Works")


async def not_confirmed(ann: Tab, subject: str) -> None:
    await ann.set_weav("Loses the request")
    await ann.command(subject)
    await ann.fill_in()
    await ann.submit()
    await expect(ann.modal).to_contain_text("Not confirmed", timeout=30_000)
    await ann.modal.get_by_role("button", name="Close").last.click()
    await expect(ann.modal).to_be_hidden()
    await ann.set_weav("Works")


async def test_a_conversation_is_opened_from_it_and_listed_there(ann: Tab) -> None:
    await ann.go_to("Weav")
    await expect(ann.home).to_contain_text("You have opened none yet")

    await ann.home.get_by_role("button", name="New conversation").click()
    await ann.fill_in(subject="Export hangs")
    await ann.choose("Priority", "Urgent")
    await ann.choose("Post the summary to", "#support")
    await ann.submit()

    await expect(ann.modal).to_be_hidden()
    await expect(ann.home).to_contain_text("Export hangs: created")
    await expect(ann.home.get_by_role("link", name="Export hangs")).to_be_visible()
    await expect(ann.home).to_contain_text(re.compile("Urgent · .*Open · Opened this minute"))
    await ann.home.get_by_role("button", name="#support").first.click()
    await ann.cards.first.get_by_role("button", name="Close").click()
    await expect(ann.cards.first).to_contain_text("closed it")
    await ann.go_to("Weav")
    await expect(ann.home).to_contain_text("None, as far as the bot knows")


@pytest.mark.long
async def test_waiting_submissions_are_continued_there(ann: Tab) -> None:
    await refused(ann, "Refused once")
    await not_confirmed(ann, "Lost on the way")
    await ann.go_to("Weav")
    await expect(ann.home).to_contain_text("Waiting for you")

    await ann.home.get_by_role("button", name="Open the form").click()
    await expect(ann.modal.get_by_label("Subject")).to_have_value("Refused once")
    await ann.submit()
    await expect(ann.home).to_contain_text("Refused once: created")

    await ann.home.get_by_role("button", name="Create again").click()
    await ann.page.get_by_role("dialog").get_by_role("button", name="Create again").click()
    await expect(ann.home).to_contain_text("Lost on the way: created")
    await expect(ann.home).not_to_contain_text("Waiting for you")
    await expect(ann.modal).to_be_hidden()
    await ann.check_weav(
        conversations=["Lost on the way", "Refused once"],
        requests=["201", "201", "no answer", "401"],
    )


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_accessible_and_fits_a_phone(tabs: Tabs, scheme: str) -> None:
    viewport = {"width": 375, "height": 700}
    ann = await tabs.open(color_scheme=scheme)
    await refused(ann, f"Refused {'x' * 60}")
    await not_confirmed(ann, "Lost on the way")
    await ann.command("Export to CSV hangs at 99 % and never ends, says the customer")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await ann.page.set_viewport_size({"width": 375, "height": 700})
    await ann.page.get_by_role("button", name="Channels", exact=True).click()
    await ann.go_to("Weav")
    await expect(ann.home).to_contain_text("Export to CSV")

    assert await problems(ann) == []
    assert await ann.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    button = ann.home.get_by_role("button", name="Leave it")
    await button.scroll_into_view_if_needed()
    await expect(button).to_be_in_viewport(ratio=1)
    await button.click()
    await expect(ann.home).to_contain_text("not confirmed, left as it is")
    assert await problems(ann) == []
