"""How a form is prefilled, and how it changes while it is filled in."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.tabs import JANE, ZOE, Tab, Tabs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

DEFAULTS = re.compile("^From this channel's defaults")
SAID = "jane@example.com cannot log in"


async def saved(ann: Tab, **choices: str) -> None:
    """Save defaults for this channel, by their lower-case label."""
    await ann.command("defaults")
    for label, option in choices.items():
        await ann.choose(label.capitalize(), option)
    await ann.modal.get_by_role("button", name="Save").click()
    await expect(ann.modal).to_be_hidden()


async def knows_jane(ann: Tab) -> None:
    await ann.command("email Export hangs")
    await ann.choose_customer(JANE)
    await ann.submit()
    await expect(ann.cards).to_have_count(1)


async def test_a_form_has_the_channels_defaults_and_says_so(ann: Tab) -> None:
    await saved(ann, channel="Chat", priority="High")

    await ann.command("urgent Export hangs")

    await expect(ann.modal.get_by_role("radio", name="Chat")).to_be_checked()
    await expect(ann.hint_under("channel")).to_have_text(DEFAULTS)
    await expect(ann.modal.get_by_role("combobox", name="Priority")).to_have_value("Urgent")
    await expect(ann.hint_under("priority")).to_have_text("From your words after the command.")
    await expect(ann.hint_under("customer_id")).not_to_have_text(DEFAULTS)
    await ann.choose_customer(JANE)
    await ann.submit()
    await expect(ann.cards).to_contain_text(["Urgent"])
    await expect(ann.cards).to_contain_text(["Chat"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_defaults_belong_to_the_channel_and_can_be_removed(ann: Tab, tabs: Tabs) -> None:
    await saved(ann, priority="High")
    ben = await tabs.open("U0BEN")
    priority = ben.modal.get_by_role("combobox", name="Priority")
    await ben.command("defaults")
    await expect(priority).to_have_value("High")
    await ben.choose("Priority", "Low")
    await ben.cancel()
    await ben.command()
    await expect(priority).to_have_value("High")
    await ben.cancel()
    await ben.go_to("general")
    await ben.command()
    await expect(priority).to_have_value("")
    await ben.cancel()

    await saved(ann, priority="No default")

    await ben.go_to("support")
    await ben.command()
    await expect(priority).to_have_value("")
    await expect(ben.hint_under("priority")).to_have_count(0)


async def test_a_known_address_in_a_message_chooses_the_customer(ann: Tab) -> None:
    await knows_jane(ann)
    await ann.say(f"{SAID}.")
    await expect(ann.messages.last).to_contain_text(
        "jane@example.com"
    )  # it has replaced the card as last message
    await expect(ann.messages.last.get_by_role("link")).to_have_text("jane@example.com")

    await ann.open_from_message(SAID)

    await expect(ann.customer).to_have_value("Jane Doe · jane@example.com")
    await expect(ann.hint_under("customer_id")).to_have_text(re.compile("^From the message"))
    await ann.modal.get_by_role("radio", name="Email").check()
    await ann.submit()
    await ann.check_weav(conversations=[SAID, "Export hangs"], requests=["201", "201"])


async def test_a_message_with_a_conversation_needs_a_tick_for_another(ann: Tab) -> None:
    await ann.open_from_message("cannot pay order 17")
    await ann.fill_in(ZOE, "Chat")
    await ann.submit()
    await ann.check_weav(conversations=["cannot pay order 17"], requests=["201"])

    await ann.open_from_message("cannot pay order 17")

    who_and_when = re.compile(
        r"@Ann Archer opened a conversation from this message \(\w+ at .+\): "
    )
    await expect(ann.modal).to_contain_text(who_and_when)
    await ann.modal.get_by_role("link", name="Open in Weav").click()
    await expect(ann.page.locator("#conversations .target")).to_be_focused()
    await ann.fill_in(ZOE, "Chat")
    await ann.submit()
    await expect(ann.error_under("another")).to_have_text(re.compile("complete this required"))
    await expect(ann.page.locator("#exchanges [data-method=POST]")).to_have_count(1)
    await ann.modal.get_by_role("checkbox", name="Open another one").check()
    await ann.submit()
    await expect(ann.modal).to_be_hidden()
    await ann.check_weav(conversations=["order 17", "order 17"], requests=["201", "201"])


async def test_the_chosen_customers_open_conversations_are_linked(ann: Tab) -> None:
    await knows_jane(ann)
    await ann.command("email It hangs again")
    await ann.choose_customer("jane")

    await expect(ann.modal).to_contain_text("Open already for this customer")
    await ann.modal.get_by_role("link", name="Export hangs").click()
    await expect(ann.page.locator("#conversations .target")).to_contain_text("Export hangs")
    await ann.choose_customer(ZOE)
    await expect(ann.modal).not_to_contain_text("Open already for this customer")
    await expect(ann.modal.get_by_label("Subject")).to_have_value("It hangs again")
    await ann.choose_customer("jane")
    await ann.submit()
    await expect(ann.cards).to_have_count(2)

    await ann.cards.first.get_by_role("button", name="Close: Export hangs").click()
    await expect(ann.cards.first).to_contain_text("closed it")
    await ann.command()
    await ann.choose_customer("jane")
    await expect(ann.modal.get_by_role("link", name="It hangs again")).to_be_visible()
    await expect(ann.modal.get_by_role("link", name="Export hangs")).to_have_count(0)


async def test_the_type_of_assignee_changes_the_picker_and_nothing_else(ann: Tab) -> None:
    await ann.command()
    await ann.fill_in(ZOE, "Email", subject="Export hangs")
    picker = ann.modal.get_by_role("combobox", name="Assignee")

    await ann.choose("Assign to", "An AI agent")
    await expect(picker).to_have_attribute("placeholder", re.compile("AI agent"))
    await picker.fill("mail")
    await ann.options.filter(has_text="Mail assistant").click()
    await ann.modal.get_by_label("Subject").fill("Export still hangs")
    await ann.choose("Assign to", "A person")
    await expect(picker).to_have_attribute("placeholder", re.compile("person"))
    await ann.choose("Assign to", "An AI agent")
    await expect(picker).to_have_attribute("placeholder", re.compile("AI agent"))
    await picker.fill("mail")
    await ann.options.filter(has_text="Mail assistant").click()

    await expect(ann.customer).to_have_value("Zoë Brûlé · zoe@example.com")
    await expect(ann.modal.get_by_role("radio", name="Email")).to_be_checked()
    await expect(ann.modal.get_by_label("Subject")).to_have_value("Export still hangs")
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await expect(ann.page.locator("#conversations")).to_contain_text("assigned to Mail assistant")
    await ann.check_weav(conversations=["Export still hangs"], requests=["201"])


async def test_unassigned_removes_the_assignee_and_nothing_else(ann: Tab) -> None:
    await ann.command()
    await ann.fill_in(ZOE, "Email", subject="Export hangs")
    await ann.choose("Assign to", "An AI agent")
    picker = ann.modal.get_by_role("combobox", name="Assignee")
    await expect(picker).to_have_attribute("placeholder", re.compile("AI agent"))
    await picker.click()
    await ann.options.filter(has_text="Mail assistant").click()

    await ann.choose("Assign to", "Unassigned")
    # The picker is now hidden, or a field for an ID.
    await expect(picker).to_have_count(0)

    await expect(ann.modal.get_by_label("Subject")).to_have_value("Export hangs")
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await expect(ann.page.locator("#conversations")).not_to_contain_text("assigned to")
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])
