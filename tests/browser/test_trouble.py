import asyncio
import re

import pytest
from playwright.async_api import expect

from bot.sandbox.command import Sandbox
from tests.browser.tabs import JANE, Tab, Tabs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]


async def test_while_weav_is_slow_the_modal_says_so_then_updates(ann: Tab) -> None:
    await ann.delay_weav(2.5)
    await ann.command("Export hangs")
    await ann.fill_in()

    await ann.submit()

    await expect(ann.modal).to_contain_text("Creating the conversation")
    await expect(ann.modal).to_contain_text("is open in Weav")
    await ann.page.keyboard.press("Escape")
    await expect(ann.modal).to_be_hidden()
    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_a_queued_submission_is_created_when_weav_is_back(ann: Tab) -> None:
    await ann.set_weav("Down")
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.modal).to_contain_text("is queued")
    await ann.modal.get_by_role("button", name="Close").last.click()
    await ann.check_weav()

    await ann.set_weav("Works")

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_refusals_are_explained_and_the_same_form_goes_through_later(ann: Tab) -> None:
    await ann.set_weav("Refuses a field")
    await ann.page.get_by_label("Refused field").select_option("subject")
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.error_under("subject")).to_have_text("The selected subject is invalid.")
    await ann.modal.get_by_role("button", name="Cancel").click()

    await ann.set_weav("401")
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.modal).to_contain_text("The bot's Weav token is not accepted")
    await expect(ann.modal.get_by_label("Subject")).to_have_value("Export hangs")
    await ann.modal.get_by_role("button", name="Cancel").click()

    await ann.set_weav("Works")
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()

    await expect(ann.cards).to_have_count(1)
    await ann.check_weav(conversations=["Export hangs"], requests=["201", "401", "422"])


async def test_a_conversation_is_recovered_after_a_lost_answer(ann: Tab) -> None:
    await ann.set_weav("Loses its answer")
    await ann.command("Export hangs")
    await ann.fill_in()

    await ann.submit()

    await expect(ann.cards).to_contain_text(["Recovered"])
    await ann.check_weav(conversations=["Export hangs"], requests=["no answer"])
    look = ann.page.locator("#exchanges [data-method=GET]").first
    await expect(look).to_contain_text("/conversations")


async def test_a_customer_with_a_lost_answer_is_left_to_the_author(ann: Tab) -> None:
    await ann.set_weav("Loses its answer")
    await ann.command("email Export hangs")
    await ann.choose_customer("new@example.com")
    await ann.submit()
    await expect(ann.error_under("customer_id")).to_contain_text("Weav did not confirm")
    await ann.set_weav("Works")
    copy = ann.page.get_by_role("button", name="Copy the ID of new@example.com")
    customer_id = await copy.locator("xpath=preceding-sibling::code").inner_text()

    await ann.choose_customer(customer_id)
    await ann.submit()

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201", "no answer"])


async def test_weav_may_go_down_in_the_middle_of_an_answer(
    ann: Tab, caplog: pytest.LogCaptureFixture
) -> None:
    await ann.delay_weav(30)
    await ann.command(f"email {JANE} Export hangs")
    await ann.submit()
    await expect(ann.modal).to_contain_text("Creating the conversation")

    await ann.set_weav("Down")

    await ann.check_weav(requests=["no answer"])
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


@pytest.mark.long
async def test_a_lost_request_is_left_to_the_author(ann: Tab) -> None:
    await ann.set_weav("Loses the request")
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.modal).to_contain_text("Not confirmed", timeout=30_000)
    await ann.set_weav("Works")

    await ann.modal.get_by_role("button", name="Create again").click()
    await ann.page.locator("#confirm").get_by_role("button", name="Create again").click()

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await expect(ann.page.locator("#conversations .card")).to_have_count(1)


async def test_a_rate_limit_queues_the_submission(ann: Tab) -> None:
    await ann.set_weav("Rate limited")
    await ann.command("Export hangs")
    await ann.fill_in()

    await ann.submit()

    await expect(ann.modal).to_contain_text("is queued")
    await ann.check_weav(requests=["429"])


async def test_a_card_is_posted_even_if_the_bot_is_not_a_member(ann: Tab) -> None:
    await ann.go_to("billing")
    await ann.command("Export hangs")
    await ann.fill_in()

    await ann.submit()

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_a_card_that_cannot_be_posted_goes_to_its_author(
    ann: Tab,
) -> None:
    await ann.page.get_by_role("switch", name="Slack refuses response URLs").check()
    await ann.go_to("billing")
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await ann.go_to("Weav")
    await expect(ann.messages.last).to_contain_text("/invite @Weav")

    await ann.go_to("billing")
    await ann.say("/invite @Weav")
    await ann.command("Export still hangs")
    await ann.fill_in()
    await ann.submit()

    await expect(ann.cards).to_contain_text(["Export still hangs"])
    await ann.check_weav(
        conversations=["Export still hangs", "Export hangs"], requests=["201", "201"]
    )


async def test_a_button_opens_the_form_after_an_expired_trigger(
    ann: Tab, sandboxed: Sandbox
) -> None:
    sandboxed.workspace.triggers.seconds = 0
    await ann.say("/weav-conversation Export hangs")
    private = ann.messages.filter(has_text="Only visible to you")
    await expect(private).to_contain_text("Nothing is lost")
    sandboxed.workspace.triggers.seconds = 3

    await private.get_by_role("button", name="Open the form").click()

    await expect(ann.modal.get_by_label("Subject")).to_have_value("Export hangs")
    await ann.fill_in()
    await ann.submit()
    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_a_double_click_creates_one_conversation(ann: Tab) -> None:
    await ann.delay_weav(0.5)
    await ann.command(f"email {JANE} Export hangs")

    await ann.modal.get_by_role("button", name="Open conversation").dblclick()

    await expect(ann.modal).to_be_hidden()
    await expect(ann.cards).to_have_count(1)
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_two_tabs_with_the_same_form_create_one_conversation(ann: Tab, tabs: Tabs) -> None:
    await ann.delay_weav(1)
    await ann.command(f"email {JANE} Export hangs")
    second = await tabs.open_in(ann.page.context)
    await expect(second.modal.get_by_label("Subject")).to_have_value("Export hangs")

    await asyncio.gather(ann.submit(), second.submit())

    for tab in (ann, second):
        await expect(tab.modal).to_be_hidden()
        await expect(tab.cards).to_have_count(1)
        await tab.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_two_people_work_at_the_same_time(ann: Tab, tabs: Tabs) -> None:
    ben = await tabs.open("U0BEN")
    await asyncio.gather(ann.command("From Ann"), ben.command("From Ben"))
    await expect(ann.modal.get_by_label("Subject")).to_have_value("From Ann")
    await asyncio.gather(ann.fill_in(), ben.fill_in())

    await asyncio.gather(ann.submit(), ben.submit())

    for person in (ann, ben):
        await expect(person.cards).to_have_count(2)
        subjects = person.page.locator("#conversations .card strong")
        await expect(subjects).to_have_text([re.compile("From"), re.compile("From")])
