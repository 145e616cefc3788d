"""A thousand webhooks at once, while people use the bot."""

from __future__ import annotations

import asyncio
from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Final

import aiohttp
import pytest

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, SlackSandbox
from bot.sandbox.weav import WeavSandbox
from tests.follow.deliveries import PRIORITY, body_about, signature_of
from tests.follow.deliveries import SECRET as WEBHOOK_SECRET
from tests.harness import JANE, SECRET, environment, public, text_on
from tests.process import answer_of, free_port, running

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sandbox.slack import Person, Workspace
    from tests.killing.conftest import Tell

CARDS: Final = 20
WEBHOOKS: Final = 1000
# Concurrent requests; Weav does not document how many it sends.
AT_ONCE: Final = 20
# Seconds.
ACCEPTED_WITHIN: Final = 0.1
ACKNOWLEDGED_WITHIN: Final = 0.05
COMMAND_EVERY: Final = 0.05


async def cards(slack: Workspace, ann: Person) -> None:
    for number in range(CARDS):
        await ann.command(f"email {JANE} Case {number}")
        await slack.until(lambda ws: ws.top_view("U0ANN"))
        await ann.submit()
        await slack.until(lambda ws, n=number: len(public(ws, "C0SUPPORT")) > n)  # type: ignore[misc]


async def tell_all(url: str, ids: list[str]) -> list[float]:
    """Send them; return the seconds until each one's 200, in order."""
    waits: list[float] = []
    bodies = [body_about(ids[number % CARDS]) for number in range(WEBHOOKS)]
    room = asyncio.Semaphore(AT_ONCE)

    async def tell(session: aiohttp.ClientSession, body: bytes) -> None:
        headers = {"x-weav-event": PRIORITY, "x-weav-signature": signature_of(body)}
        async with room:
            began = perf_counter()
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 200
            waits.append(perf_counter() - began)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(tell(session, body) for body in bodies))
    return sorted(waits)


async def ask_meanwhile(ann: Person, telling: asyncio.Task[list[float]]) -> list[float]:
    """Ask for help while webhooks arrive; return the seconds until each answer, in order."""
    waits: list[float] = []
    while not telling.done():
        waits.append((await ann.command("help")).seconds)
        await asyncio.sleep(COMMAND_EVERY)
    return sorted(waits)


@pytest.mark.bench
@pytest.mark.timeout(180)
async def test_a_thousand_webhooks_are_accepted_in_time_and_redraw_each_card_once(
    tmp_path: Path, tell: Tell
) -> None:
    weav, port = WeavSandbox(), free_port()
    url = f"http://127.0.0.1:{port}"
    async with SlackSandbox().serving() as slack, serve(weav) as weav_url:
        variables = environment(slack, weav_url, f"sqlite:///{tmp_path}/ledger.db", "http")
        variables |= {"WEAV_WEBHOOK_SECRET": WEBHOOK_SECRET, "PORT": str(port)}
        async with (
            running(tmp_path, **variables),
            HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint,
        ):
            await answer_of(f"{url}/readyz")
            ann = slack.person("U0ANN", endpoint)
            await cards(slack.workspace, ann)
            for conversation in weav.conversations:
                weav.store.change(conversation["id"], priority="urgent")

            ids = [conversation["id"] for conversation in weav.conversations]
            telling = asyncio.create_task(tell_all(f"{url}/weav/webhooks", ids))
            asked = await ask_meanwhile(ann, telling)
            waits = await telling

            await slack.workspace.until(
                lambda ws: all("set to Urgent" in text_on(m) for m in public(ws, "C0SUPPORT")), 90
            )
            p99, most = waits[int(len(waits) * 0.99)], asked[-1]
            tell(
                f"1,000 webhooks: p50 {waits[500] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms;"
                f" {len(asked)} commands meanwhile: p50 {asked[len(asked) // 2] * 1000:.1f} ms,"
                f" longest {most * 1000:.1f} ms"
            )
            assert p99 <= ACCEPTED_WITHIN
            assert most <= ACKNOWLEDGED_WITHIN
            drawn = Counter(
                call.arguments["ts"] for call in slack.workspace.calls_of("chat.update")
            )
            assert drawn == dict.fromkeys((m.ts for m in public(slack.workspace, "C0SUPPORT")), 1)
