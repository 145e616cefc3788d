"""Takes the README's pictures of the running sandbox: python -m tests.browser.pictures.

They need a font with emoji (Debian: fonts-noto-color-emoji).
"""

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.embedded import embedded
from bot.manifest import manifest
from bot.sandbox.command import sandbox
from tests.browser.chromium import MISSING, NAMES, chromium
from tests.browser.seats import JANE, ZOE, Seat, Seats

HERE = Path(__file__).with_name("pictures")
WHOLE_PAGE = ViewportSize(width=1360, height=900)
WHOLE_FORM = ViewportSize(width=1360, height=1120)


async def take_pictures(browser: Browser, url: str) -> None:
    seats = Seats(browser, url)
    ann = await seats.take(viewport=WHOLE_PAGE)
    await save(await form(ann), "form")
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    await save(ann.cards.first, "card")
    await from_message(ann)
    await save(ann.page, "sandbox")
    await not_confirmed(ann)
    await save(ann.modal, "not-confirmed")
    await seats.close()


async def form(ann: Seat) -> Locator:
    await ann.page.set_viewport_size(WHOLE_FORM)
    # All of the form in one picture.
    await ann.page.evaluate(
        "document.getElementById('modal').style.setProperty('max-height', 'none')"
    )
    await ann.command("Export to CSV hangs at 99 %")
    await ann.fill_in(JANE)
    await ann.choose("Priority", "Urgent")
    await ann.modal.locator(":focus").blur()
    return ann.modal


async def from_message(ann: Seat) -> None:
    await ann.page.set_viewport_size(WHOLE_PAGE)
    message = ann.messages.filter(has_text="cannot pay")
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await ann.page.get_by_role("menuitem", name="Open Weav conversation").click()
    await ann.fill_in(ZOE, "Chat")
    await ann.submit()
    await expect(message.get_by_role("button", name="2 replies")).to_be_visible()
    await ann.page.mouse.move(0, 0)


async def not_confirmed(ann: Seat) -> None:
    await ann.weav_does("Loses the request")
    await ann.command("Invoice 2026-114 was paid twice")
    await ann.fill_in(JANE)
    await ann.submit()
    await expect(ann.modal).to_contain_text("Not confirmed", timeout=30_000)


async def save(shown: Locator | Page, name: str) -> None:
    await shown.screenshot(path=HERE / f"{name}.png", animations="disabled", caret="hide")


async def main() -> None:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        sys.exit(MISSING)
    async with sandbox(embedded, manifest()) as opened, chromium(path) as browser:
        await take_pictures(browser, opened.url)


if __name__ == "__main__":
    asyncio.run(main())
