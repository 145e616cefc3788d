"""`weav-slack sandbox` as a separate process, and its server without a browser."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from bot.embedded import embedded
from bot.manifest import manifest
from bot.sandbox.command import CannotStart, sandbox
from tests.browser.tabs import JANE, Tabs

pytestmark = pytest.mark.asyncio(loop_scope="session")

READY_WITHIN = 5.0
# Settings of a real bot, which the sandbox must ignore; the app token would select Socket Mode.
OWN = {"SLACK_BOT_TOKEN": "xoxb-own", "SLACK_APP_TOKEN": "xapp-own", "DATABASE_URL": "nonsense"}


@asynccontextmanager
async def process(*options: str, cwd: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "sandbox", *options),
        cwd=cwd,
        env=os.environ | OWN | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def address(running: asyncio.subprocess.Process) -> str:
    assert running.stdout
    line = (await running.stdout.readline()).decode()
    return next(word for word in line.split() if word.startswith("http://"))


@pytest.mark.long
async def test_it_starts_in_time_does_the_main_job_and_stops_cleanly(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SLACK_APP_TOKEN=xapp-own\nWEAV_API_URL=https://weav.example\n")
    started = time.monotonic()
    async with process("--port", "0", cwd=tmp_path) as running:
        url = await address(running)
        assert time.monotonic() - started < READY_WITHIN
        tabs = Tabs(browser, url)
        ann = await tabs.open()
        await ann.command(f"email {JANE} Export hangs")
        await ann.submit()
        await expect(ann.cards).to_contain_text(["Export hangs"])
        await ann.check_weav(conversations=["Export hangs"], requests=["201"])

        running.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(running.communicate(), 10)

        assert (running.returncode, errors.decode()) == (0, "")
        await expect(ann.page.locator("#notices")).to_contain_text("does not answer")
        await tabs.close()
    assert os.listdir(tmp_path) == [".env"]  # noqa: PTH208 - pathlib's blocks, too


async def test_a_port_in_use_gives_a_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with process("--port", port, cwd=tmp_path) as running:
            said, errors = await running.communicate()

    assert running.returncode == 1
    assert said == b""
    assert errors.decode().startswith(f"Port {port} is in use")


@pytest.mark.parametrize("options", [{"port": 99_999}, {"keep": Path("/dev/null/kept")}])
async def test_invalid_options_give_a_clear_error(options: dict[str, Any]) -> None:
    with pytest.raises(CannotStart, match=r"99999 is not a port|cannot be used as a directory"):
        async with sandbox(embedded, manifest(), **options):
            pass


async def kept_with(keep: Path, words: str) -> None:
    """Poll the saved file until it contains the words."""
    async with asyncio.timeout(5):
        while True:
            if words in await asyncio.to_thread((keep / "sandbox.json").read_text):
                return
            await asyncio.sleep(0.01)


async def test_kept_data_is_loaded_at_the_next_start(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    async with sandbox(embedded, manifest(), keep=keep) as first, httpx.AsyncClient() as http:
        ann = f"{first.url}/api/as/U0ANN"
        command = {
            "do": "command",
            "command": "/weav-conversation",
            "slack_channel_id": "G0BILLING",
        }
        await http.post(ann, json={"do": "invite", "slack_channel_id": "G0BILLING"})
        await http.post(ann, json={**command, "text": f"chat {JANE} Export hangs"})
        view = await first.workspace.until(lambda slack: slack.top_view("U0ANN"))
        await http.post(ann, json={"do": "submit", "view_id": view.id})
        await first.workspace.until(lambda slack: slack.from_bot("G0BILLING"))
        [conversation] = first.weav.conversations
        first.weav.store.write(conversation["id"], "Still broken")
        await kept_with(keep, "Still broken")

    async with sandbox(embedded, manifest(), keep=keep) as second:
        assert [each["subject"] for each in second.weav.conversations] == ["Export hangs"]
        assert "U0BOT" in second.workspace.channels["G0BILLING"].members
        [card] = second.workspace.from_bot("G0BILLING")
        assert "Export hangs" in card.text
        [message] = second.weav.store.messages[conversation["id"]]
        assert message["content"] == "Still broken"
    (keep / "sandbox.json").write_text("[]")
    with pytest.raises(CannotStart, match=r"sandbox\.json"):
        async with sandbox(embedded, manifest(), keep=keep):
            pass


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:{port}"}, 200),
        ({"origin": "http://127.0.0.1:{port}"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example:{port}"}, 403),
        ({"host": "127.0.0.1:1"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_foreign_hosts_and_origins_are_rejected(headers: dict[str, str], status: int) -> None:
    async with sandbox(embedded, manifest()) as opened, httpx.AsyncClient() as http:
        port = opened.url.rpartition(":")[2]
        given = {name: value.format(port=port) for name, value in headers.items()}
        answer = await http.post(
            f"{opened.url}/api/as/U0ANN",
            headers=given,
            json={"do": "say", "text": "Hello", "slack_channel_id": "C0SUPPORT"},
        )

        assert answer.status_code == status
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        said = [message.text for message in opened.workspace.messages_in("C0SUPPORT")]
        assert ("Hello" in said) == (status == 200)


async def test_invalid_requests_are_refused_with_a_reason() -> None:
    async with sandbox(embedded, manifest()) as opened, httpx.AsyncClient() as http:
        close = {"do": "close", "view_id": "V0GONE"}
        chat = opened.weav.store.create_conversation({"channel": "chat", "customer_id": JANE})
        change = {"do": "change", "conversation_id": chat["id"]}
        for path, body, status in (
            ("as/U0NOBODY", close, 404),
            ("as/U0BOT", close, 404),
            ("as/U0ANN", close, 409),
            ("as/U0ANN", {"do": "dance"}, 422),
            ("switches", {"weav": "sings"}, 422),
            ("switches", {"webhook_signature": "rot13"}, 422),
            ("weav", {"do": "delete", "conversation_id": JANE}, 409),
            ("weav", {"do": "close", "conversation_id": JANE}, 422),
            ("weav", {**change, "fields": {"subject": "Another"}}, 422),
            ("weav", {**change, "fields": {"status": "half open"}}, 422),
        ):
            answer = await http.post(f"{opened.url}/api/{path}", json=body)
            assert answer.status_code == status
            assert answer.json()["problem"]
        assert (await http.get(f"{opened.url}/api/events?as=U0NOBODY")).status_code == 404
