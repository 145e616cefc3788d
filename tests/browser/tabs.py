"""Browser tabs on the sandbox's page, with methods for what a person does there."""

import re
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

JANE = "3c90c3cc-0d44-4b50-8888-000000000001"
ZOE = "3c90c3cc-0d44-4b50-8888-000000000002"
# Milliseconds: enough for a slow machine to draw, and for the bot to create queued submissions once
# Weav is back.
TIMEOUT = 15_000


class Tab:
    """One tab of one user."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_label(re.compile("^Message "))
        self.modal = page.locator("#modal")
        self.customer = self.modal.get_by_role("combobox", name="Customer")
        self.options = self.modal.get_by_role("option")
        self.messages = page.locator("#slack").get_by_role("article")
        self.thread = page.locator("#thread").get_by_role("article")
        self.home = page.get_by_role("tabpanel", name="Home")
        self.cards = self.messages.filter(has_text="Opened by")
        self.errors: list[str] = []
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)

    async def say(self, text: str) -> None:
        await expect(self.modal).to_be_hidden()  # the card may appear before the form closes
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def command(self, words: str = "") -> None:
        """Open the form."""
        await self.say(f"/weav-conversation {words}".strip())
        await expect(self.modal).to_be_visible()

    async def open_from_message(self, words: str) -> None:
        """Open the form from the first message with these words; they become the subject."""
        message = self.messages.filter(has_text=words).first
        await message.hover()
        await message.get_by_role("button", name="More actions").click()
        await self.page.get_by_role("menuitem", name="Open Weav conversation").click()
        await expect(self.modal.get_by_label("Subject")).to_have_value(re.compile(words))

    async def fill_in(self, customer: str = JANE, channel: str = "Email", **fields: str) -> None:
        """Fill in the required fields, and others by their lower-case label."""
        await self.choose_customer(customer)
        await self.modal.get_by_role("radio", name=channel).check()
        for label, text in fields.items():
            await self.modal.get_by_label(label.capitalize()).fill(text)

    async def choose_customer(self, typed: str) -> None:
        """Type an ID, a name or an address, and choose the first option."""
        await self.customer.fill(typed)
        await self.options.first.click()

    async def choose(self, label: str, option: str) -> None:
        await self.modal.get_by_role("combobox", name=label).click()
        await self.modal.get_by_role("option", name=option, exact=True).click()

    async def clear(self, label: str) -> None:
        field = self.modal.locator(".field").filter(has_text=label)
        await field.get_by_role("button", name="Clear selection").click()

    async def submit(self) -> None:
        await self.modal.get_by_role("button", name="Open conversation").click()

    async def cancel(self) -> None:
        await self.modal.get_by_role("button", name="Cancel").click()
        await expect(self.modal).to_be_hidden()

    async def go_to(self, conversation: str) -> None:
        await self.page.locator("#channels").get_by_role("button", name=conversation).click()

    async def set_weav(self, what: str) -> None:
        switch = self.page.get_by_role("radio", name=what, exact=True)
        await switch.check(force=True)
        await expect(self.page.locator(".light")).to_contain_text(what)

    async def delay_weav(self, seconds: float) -> None:
        await self.page.get_by_label("Answers late by").fill(str(seconds))
        await self.page.get_by_label("Answers late by").press("Enter")
        await expect(self.page.locator(".light")).to_contain_text(f"{seconds:g} s late")

    def in_weav(self, subject: str) -> Locator:
        """A conversation on Weav's half of the page."""
        return self.page.locator("#conversations .card").filter(has_text=subject)

    async def change_in_weav(self, subject: str, change: str) -> None:
        """Choose from the conversation's menu, such as "Priority: urgent" or "Delete"."""
        await self.in_weav(subject).get_by_role("button", name="Change").click()
        await self.page.get_by_role("menuitem", name=change, exact=True).click()

    async def write_in_weav(self, subject: str, text: str, how: str = "Send as customer") -> None:
        written = self.in_weav(subject).get_by_label("New message in Weav")
        if not await written.is_visible():
            await self.in_weav(subject).locator("summary").click()
        await written.fill(text)
        await self.in_weav(subject).get_by_role("button", name=how).click()
        await expect(self.in_weav(subject)).to_contain_text(text)

    def error_under(self, field: str) -> Locator:
        return self.modal.locator(f'[data-block="{field}"] .error')

    def hint_under(self, field: str) -> Locator:
        return self.modal.locator(f'[data-block="{field}"] .hint')

    async def check_weav(
        self, *, conversations: Sequence[str] = (), requests: Sequence[str] = ()
    ) -> None:
        """Check the subjects and the POSTs' statuses on Weav's half, newest first."""
        listed = self.page.locator("#conversations .card strong")
        await expect(listed).to_contain_text(list(conversations))
        answers = self.page.locator("#exchanges [data-method=POST] .status")
        await expect(answers).to_have_text(list(requests))

    def _note(self, message: Any) -> None:  # noqa: ANN401 - Playwright's
        # Chromium logs an error when the server rejects an action.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)


class Tabs:
    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self._tabs: list[Tab] = []

    async def open(self, slack_user_id: str = "U0ANN", **context: Any) -> Tab:  # noqa: ANN401
        """Open the page as a user, in a new browser context."""
        viewport = context.pop("viewport", {"width": 1360, "height": 900})
        opened = await self._browser.new_context(viewport=viewport, **context)
        self._contexts.append(opened)
        return await self.open_in(opened, slack_user_id)

    async def open_in(self, context: BrowserContext, slack_user_id: str = "U0ANN") -> Tab:
        tab = Tab(await context.new_page())
        self._tabs.append(tab)
        await tab.page.goto(f"{self._url}/?as={slack_user_id}")
        await expect(tab.page.locator("#channels button").first).to_be_attached()
        return tab

    async def close(self) -> None:
        """Raise AssertionError if a page had errors, violations of its CSP included."""
        for context in self._contexts:
            await context.close()
        complaints = [error for tab in self._tabs for error in tab.errors]
        assert complaints == []
