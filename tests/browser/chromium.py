"""Uses the installed Chromium, so that Playwright need not download one."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "BROWSER TESTS NOT RUN: there is no Chromium on the PATH. Install it (Debian: apt install"
    " chromium) and run: uv run pytest tests/browser"
)


def chromium_path() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    if not found and os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    if not found:
        pytest.skip(MISSING)
    return found


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()
