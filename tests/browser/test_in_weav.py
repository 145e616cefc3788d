"""What people do in Weav itself, on its half of the page, and the webhooks for it."""

import base64
import binascii
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.sandbox.command import Sandbox, sandbox
from bot.sandbox.weav import Shape, Signature, WebhookOptions
from bot.sandbox.weav.store import Resource
from tests.browser.scripted import ScriptedApp, manifest_with
from tests.browser.tabs import JANE, Tab, Tabs
from tests.browser.test_accessibility import problems

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBJECT = "Export hangs"


@pytest.fixture
def app() -> ScriptedApp:
    return ScriptedApp()


@pytest_asyncio.fixture(loop_scope="session")
async def sandboxed(browser: Browser, app: ScriptedApp) -> AsyncIterator[Sandbox]:
    assert browser.is_connected()
    async with sandbox(app.running, manifest_with(home_tab=False)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def conversation(sandboxed: Sandbox) -> Resource:
    given: Resource = {"channel": "email", "customer_id": JANE, "subject": SUBJECT}
    return sandboxed.weav.store.create_conversation(given)


async def all_sent(sandboxed: Sandbox) -> None:
    await sandboxed.weav.until(lambda: sandboxed.weav.webhooks.is_idle)


async def test_a_conversation_is_closed_prioritised_assigned_and_deleted(
    ann: Tab, conversation: Resource, sandboxed: Sandbox, app: ScriptedApp
) -> None:
    shown = ann.in_weav(SUBJECT)
    await shown.get_by_role("button", name="Close").click()
    await expect(shown).to_contain_text("closed")
    await expect(shown.get_by_role("button", name="Reopen")).to_be_focused()
    await shown.get_by_role("button", name="Reopen").click()
    await expect(shown).to_contain_text("open")
    await ann.change_in_weav(SUBJECT, "Priority: urgent")
    await expect(shown).to_contain_text("urgent")
    await ann.change_in_weav(SUBJECT, "Assign to Ben Support")
    await expect(shown).to_contain_text("assigned to Ben Support")
    await ann.change_in_weav(SUBJECT, "Unassign")
    await expect(shown).not_to_contain_text("assigned")
    assert (conversation["status"], conversation["priority"]) == ("open", "urgent")
    await ann.change_in_weav(SUBJECT, "Delete")
    await expect(shown).to_have_count(0)

    assert sandboxed.weav.conversations == []
    await all_sent(sandboxed)
    assert sorted(event for event, _ in app.webhooks) == [
        "conversation.assigned.updated",
        "conversation.assigned.updated",
        "conversation.created",
        "conversation.deleted",
        "conversation.priority.updated",
        "conversation.status.updated",
        "conversation.status.updated",
    ]


async def test_the_customer_writes_support_answers_and_notes_something(
    ann: Tab, conversation: Resource, sandboxed: Sandbox
) -> None:
    hostile = "Still <b>broken</b>"
    await ann.write_in_weav(SUBJECT, hostile)
    await ann.write_in_weav(SUBJECT, "On it", "Send as support")
    await ann.write_in_weav(SUBJECT, "Call them", "Add internal note")

    written = sandboxed.weav.store.messages[conversation["id"]]
    assert [(m["sender_type"], m["is_internal"], m["content"]) for m in written] == [
        ("customer", False, hostile),
        ("user", False, "On it"),
        ("user", True, "Call them"),
    ]
    lines = ann.in_weav(SUBJECT).locator(".weav-messages li")
    await expect(lines).to_have_text(
        [f"Customer: {hostile}", "Support: On it", "Internal note: Call them"]
    )
    await expect(ann.in_weav(SUBJECT).get_by_label("New message")).to_have_value("")


async def test_a_draft_survives_changes_of_the_conversation(
    ann: Tab, conversation: Resource, sandboxed: Sandbox
) -> None:
    shown = ann.in_weav(SUBJECT)
    await shown.locator("summary").click()
    draft = shown.get_by_label("New message in Weav")
    await draft.fill("Half a sen")

    sandboxed.weav.store.change(conversation["id"], priority="high")
    await expect(shown).to_contain_text("high")
    sandboxed.weav.store.write(conversation["id"], "Hello?")
    await expect(shown).to_contain_text("Hello?")

    await expect(draft).to_be_focused()
    await ann.page.keyboard.type("tence")
    await expect(draft).to_have_value("Half a sentence")


async def test_webhook_options_are_collapsed_and_can_be_changed(
    ann: Tab, conversation: Resource, sandboxed: Sandbox, app: ScriptedApp
) -> None:
    signature = ann.page.get_by_label("Signature")
    await expect(signature).to_be_hidden()
    await ann.page.locator(".webhooks > summary").click()
    await signature.select_option("base64")
    await ann.page.get_by_label("IDs").select_option("under unknown names")
    await ann.page.get_by_label("Sent after").fill("0.1")
    await ann.page.get_by_label("Sent after").press("Enter")
    await ann.page.get_by_role("switch", name="Send each twice").check()
    await ann.page.get_by_role("switch", name="Out of order").check()
    wanted = WebhookOptions(
        signature=Signature.BASE64, shape=Shape.UNKNOWN, late=0.1, twice=True, reversed=True
    )
    await sandboxed.workspace.until(lambda _: sandboxed.weav.webhooks.options == wanted)
    await all_sent(sandboxed)
    app.webhooks.clear()

    sandboxed.weav.store.change(conversation["id"], status="closed")
    sandboxed.weav.store.delete(conversation["id"])

    sent = ann.page.locator("#webhooks > li")
    await expect(sent).to_contain_text(["deleted", "status.updated", "created"])
    await expect(sent.first).to_contain_text("200")
    await expect(sent.first).to_contain_text("2 times")
    await all_sent(sandboxed)
    assert [event.partition(".")[2] for event, _ in app.webhooks] == [
        "deleted",
        "deleted",
        "status.updated",
        "status.updated",
    ]
    assert len(base64.b64decode(app.webhooks[0][1], validate=True)) == 32
    with pytest.raises(ValueError, match="hexadecimal"):
        binascii.unhexlify(app.webhooks[0][1])
    await sent.first.locator("summary").click()
    await expect(sent.first).to_contain_text(app.webhooks[0][1])


@pytest.mark.long
async def test_webhooks_that_the_bot_does_not_accept_are_shown(
    ann: Tab, conversation: Resource, sandboxed: Sandbox, app: ScriptedApp
) -> None:
    await all_sent(sandboxed)
    await ann.page.locator(".webhooks > summary").click()
    newest = ann.page.locator("#webhooks > li").first

    app.webhook_status = 503
    sandboxed.weav.store.change(conversation["id"], status="closed")
    await expect(newest).to_contain_text("503will be retried")
    app.webhook_status = 410
    sandboxed.weav.store.change(conversation["id"], status="open")
    await expect(newest).to_contain_text("410given up")


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_weavs_half_is_accessible_and_fits_a_phone(
    tabs: Tabs, conversation: Resource, sandboxed: Sandbox, scheme: str
) -> None:
    sandboxed.weav.store.write(conversation["id"], f"Hello {'x' * 100}")
    viewport = {"width": 375, "height": 700}
    ann = await tabs.open(color_scheme=scheme, viewport=viewport)
    await ann.page.get_by_role("button", name="Weav", exact=True).click()
    await ann.page.locator(".webhooks > summary").click()
    await ann.page.locator("#webhooks summary").first.click()
    await ann.write_in_weav(SUBJECT, "Call them", "Add internal note")
    assert await problems(ann) == []
    await ann.in_weav(SUBJECT).get_by_role("button", name="Change").click()
    assert await problems(ann) == []

    body = ann.page.locator(".weav-body")
    assert await body.evaluate("(body) => body.scrollWidth - body.clientWidth") == 0
    assert await ann.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
