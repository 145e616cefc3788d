"""Takes the README's picture: python -m tests.browser.pictures.

It needs a font with emoji (Debian: fonts-noto-color-emoji).
"""

import asyncio
import base64
import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, ViewportSize, expect

from bot.embedded import embedded
from bot.manifest import manifest
from bot.sandbox.command import sandbox
from tests.browser.chromium import MISSING, NAMES, chromium
from tests.browser.tabs import JANE, Tabs

PICTURE: Final = Path(__file__).parent / "pictures" / "first-look.png"
# High enough for the part of the form that shows what it is.
VIEWPORT: Final = ViewportSize(width=1360, height=600)
# Both pictures side by side, in the size of the README.
FRAME: Final = """
<body style="margin: 0">
  <main style="display: flex; gap: 16px; align-items: center; width: 840px; padding: 16px;
               box-sizing: border-box; background: #e8eae9">
    {}
  </main>
"""
SHOWN: Final = """
<img style="min-width: 0; flex: {width}; border-radius: 8px; box-shadow: 0 1px 6px #0004"
     src="data:image/png;base64,{data}">
"""


async def form_and_card(browser: Browser, url: str) -> tuple[bytes, bytes]:
    tabs = Tabs(browser, url)
    ann = await tabs.open(viewport=VIEWPORT, device_scale_factor=2)
    await ann.command("Export to CSV hangs at 99 %")
    await ann.fill_in(JANE)
    await ann.choose("Priority", "Urgent")
    await ann.modal.locator(":focus").blur()
    form = await ann.modal.screenshot(animations="disabled", caret="hide")
    await ann.submit()
    await expect(ann.cards).to_have_count(1)
    card = await ann.cards.first.screenshot(animations="disabled", caret="hide")
    await tabs.close()
    return form, card


async def side_by_side(browser: Browser, form: bytes, card: bytes) -> None:
    page = await browser.new_page()
    pictures = (
        SHOWN.format(width=width, data=base64.b64encode(picture).decode())
        for width, picture in ((9, form), (11, card))
    )
    await page.set_content(FRAME.format("".join(pictures)))
    await page.locator("main").screenshot(path=PICTURE)


async def main() -> None:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        sys.exit(MISSING)
    async with sandbox(embedded, manifest()) as opened, chromium(path) as browser:
        await side_by_side(browser, *await form_and_card(browser, opened.url))


if __name__ == "__main__":
    asyncio.run(main())
