import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import JANE, ZOE, Tab, Tabs

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_words_after_the_command_fill_the_form_and_the_card_appears(ann: Tab) -> None:
    await ann.composer.fill("/")
    await expect(ann.page.get_by_role("option", name="/weav-conversation")).to_contain_text(
        "[priority]"
    )
    await ann.composer.press("Enter")
    await ann.composer.press_sequentially(f"urgent chat {JANE} Export hangs")
    await ann.composer.press("Enter")

    await expect(ann.modal.get_by_label("Subject")).to_have_value("Export hangs")
    await expect(ann.modal.get_by_role("combobox", name="Priority")).to_have_value("Urgent")
    await ann.submit()

    await expect(ann.modal).to_be_hidden()
    await expect(ann.cards).to_contain_text(["Export hangs"])
    await expect(ann.cards).to_contain_text([re.compile("Today at")])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])
    await ann.page.locator("#exchanges [data-method=POST] summary").click()
    for part in ('"channel": "chat"', f'"customer_id": "{JANE}"', '"priority": "urgent"'):
        await expect(ann.page.locator("#exchanges")).to_contain_text(part)


async def test_bad_input_is_explained_under_its_field_and_kept(ann: Tab) -> None:
    await ann.command()
    await ann.submit()
    await expect(ann.error_under("customer_id")).to_have_text(re.compile("complete this required"))

    await ann.fill_in(subject="x" * 501)
    await ann.choose("Assign to", "A person")
    await ann.submit()

    await expect(ann.error_under("assignee_id")).not_to_be_empty()
    await expect(ann.error_under("subject")).to_contain_text("501")
    subject = ann.modal.get_by_label("Subject")
    await expect(subject).to_have_value("x" * 501)
    await expect(subject).to_have_attribute("aria-invalid", "true")
    await expect(subject).to_be_focused()
    await ann.check_weav()

    await subject.fill("Export hangs")
    await ann.clear("Assign to")
    await ann.submit()

    await expect(ann.cards).to_contain_text(["Export hangs"])
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def opened_from_message(tab: Tab) -> Locator:
    message = tab.messages.filter(has_text="cannot pay")
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await tab.page.get_by_role("menuitem", name="Open Weav conversation").click()
    await expect(tab.modal).to_be_visible()
    return message


async def test_a_message_becomes_a_conversation_with_its_card_in_the_thread(ann: Tab) -> None:
    message = await opened_from_message(ann)
    await expect(ann.modal.get_by_label("Subject")).to_have_value(re.compile("cannot pay order 17"))
    await ann.fill_in(ZOE, "Chat")
    await ann.submit()

    await message.get_by_role("button", name="2 replies").click()

    await expect(ann.thread.last).to_contain_text("Opened by @Ann Archer from a message")
    await ann.thread.last.get_by_role("button", name="a message").click()
    await expect(message).to_be_in_viewport()
    await expect(ann.cards).to_have_count(0)
    await ann.check_weav(conversations=["cannot pay order 17"], requests=["201"])


@pytest.mark.long
async def test_a_second_conversation_from_a_message_needs_a_tick(ann: Tab, tabs: Tabs) -> None:
    ben = await tabs.open("U0BEN")
    for tab in (ben, ann):
        await opened_from_message(tab)
        await tab.fill_in(ZOE, "Chat")
    await ann.submit()
    await expect(ann.modal).to_be_hidden()

    await ben.submit()

    await expect(ben.modal).to_contain_text("Nothing was sent to Weav")
    await expect(ben.modal).to_contain_text("@Ann Archer opened a conversation from this message")
    await expect(ben.modal.get_by_role("radio", name="Chat")).to_be_checked()
    await ben.modal.get_by_role("checkbox", name="Open another one").check()
    await ben.submit()
    await expect(ben.modal).to_be_hidden()
    await ann.check_weav(conversations=["cannot pay"] * 2, requests=["201"] * 2)


@pytest.mark.long
async def test_a_form_with_a_customer_shows_what_they_have_open(ann: Tab) -> None:
    await ann.command(f"email {ZOE} Export hangs")
    await ann.submit()
    await expect(ann.cards).to_contain_text(["Export hangs"])

    await ann.command(f"{ZOE} Hangs again")

    await expect(ann.modal).to_contain_text("Open already for this customer:")
    await expect(ann.modal.get_by_role("link", name="Export hangs")).to_be_visible()
    await expect(ann.modal.get_by_label("Subject")).to_have_value("Hangs again")
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


async def test_the_global_shortcut_posts_to_the_chosen_channel(ann: Tab) -> None:
    await ann.page.get_by_role("button", name="Shortcuts").click()
    await ann.page.get_by_role("menuitem", name="New Weav conversation").click()
    await ann.fill_in(subject="From nowhere")
    post_to = ann.modal.get_by_role("combobox", name="Post the summary to")
    await expect(post_to).to_have_value("#support")
    await post_to.fill("tri")
    await ann.page.keyboard.press("Enter")
    await ann.submit()

    await expect(ann.page.get_by_role("button", name="triage unread")).to_be_visible()
    await ann.go_to("triage")

    await expect(ann.cards).to_contain_text(["From nowhere"])
    await ann.check_weav(conversations=["From nowhere"], requests=["201"])


@pytest.mark.long
async def test_ephemeral_messages_are_seen_by_one_person(ann: Tab, tabs: Tabs) -> None:
    ben = await tabs.open("U0BEN")

    await ann.say("/weav-conversation help")

    private = ann.messages.filter(has_text="Only visible to you")
    await expect(private).to_contain_text("Add words to fill in the form")
    await ann.say("Did you see that?")
    await expect(ben.messages.last).to_contain_text("Did you see that?")
    await expect(ben.messages.filter(has_text="Add words to fill")).to_have_count(0)
    await ann.check_weav()


@pytest.mark.long
async def test_open_in_weav_shows_the_conversation_on_weavs_half(ann: Tab) -> None:
    await ann.command("Export hangs")
    await ann.fill_in()
    await ann.submit()

    await ann.cards.get_by_role("link", name="Open in Weav").click()

    await expect(ann.page.locator("#conversations .target")).to_contain_text("Export hangs")
    await expect(ann.page.locator("#conversations .target")).to_be_focused()
    await ann.check_weav(conversations=["Export hangs"], requests=["201"])


@pytest.mark.long
async def test_users_can_be_switched_and_ids_copied_beside_a_form(tabs: Tabs) -> None:
    ann = await tabs.open(permissions=["clipboard-read", "clipboard-write"])

    await ann.page.get_by_role("button", name=re.compile("You are Ann")).click()
    await ann.page.get_by_role("menuitem", name="Ben Bright").click()
    await ann.command("Export hangs")
    await ann.page.get_by_role("button", name="Copy the ID of Zoë").click()

    assert await ann.page.evaluate("navigator.clipboard.readText()") == ZOE
    await ann.modal.get_by_role("button", name="Cancel").click()
    await ann.say("It is me")
    await expect(ann.messages.last).to_contain_text("Ben Bright")
    await ann.check_weav()


@pytest.mark.long
async def test_an_unknown_user_becomes_ann_and_sees_a_notice(ann: Tab, tabs: Tabs) -> None:
    nobody = await tabs.open_in(ann.page.context, "U0NOBODY")

    await expect(nobody.page.get_by_role("button", name="You are Ann Archer")).to_be_visible()
    await expect(nobody.page.locator("#notices")).to_have_text(
        re.compile("nobody called “U0NOBODY”")
    )


@pytest.mark.long
async def test_text_that_cannot_be_sent_stays_in_the_composer(ann: Tab) -> None:
    await ann.say("x" * 4001)
    await expect(ann.page.locator("#notices")).to_contain_text("This one has 4001")
    await expect(ann.composer).to_have_value("x" * 4001)

    await ann.page.route("**/api/as/*", lambda route: route.abort())
    await ann.say("Can you hear me?")
    await expect(ann.page.locator("#notices")).to_contain_text("Failed to fetch")
    await expect(ann.composer).to_have_value("Can you hear me?")
    await ann.page.unroute("**/api/as/*")
    await ann.composer.press("Enter")

    await expect(ann.messages.last).to_contain_text("Can you hear me?")
    await expect(ann.composer).to_have_value("")
