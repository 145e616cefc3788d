from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.embedded import embedded
from bot.manifest import manifest
from bot.sandbox.command import Sandbox, sandbox
from tests.browser.chromium import chromium, chromium_path
from tests.browser.tabs import TIMEOUT, Tab, Tabs


# All tests share one browser, so they and the sandboxes share one event loop.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=TIMEOUT)
    async with chromium(chromium_path()) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def sandboxed(browser: Browser) -> AsyncIterator[Sandbox]:
    """A new sandbox for each test. It needs the browser, so that it is skipped without one."""
    assert browser.is_connected()
    async with sandbox(embedded, manifest()) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(browser: Browser, sandboxed: Sandbox) -> AsyncIterator[Tabs]:
    opened = Tabs(browser, sandboxed.url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ann(tabs: Tabs) -> Tab:
    return await tabs.open()
