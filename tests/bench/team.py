"""The users: sends what Slack would send for them, and records answer times and arrivals."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from bot.sandbox.slack import HttpEndpoint, Person, SlackView, Workspace
from tests.bench.connections import Connections
from tests.bench.contestants import EVENTS, Running
from tests.harness import JANE, SECRET

# Seconds that Slack waits for an answer.
IN_TIME: Final = 3.0
# After the warm-up, every program knows all of them.
PEOPLE: Final = 20
_NUMBERS: Final = count(1)
_NOWHERE: Final = "http://127.0.0.1:9/"


@dataclass(frozen=True, slots=True)
class Sent:
    """`seconds` until the answer; infinite unless it was a 200 in time."""

    number: int
    at: float
    seconds: float


class Team:
    """Sends to one contestant, and asks the stage about the results."""

    def __init__(self, contestant: Running, stage_url: str) -> None:
        self.contestant = contestant
        self.name = contestant.contestant.name
        self._connections = Connections(contestant.url)
        self._stage = Connections(stage_url)
        workspace = Workspace()
        workspace.base_url = f"{stage_url}/{self.name}"
        self._ann = Person(workspace, "U0ANN", HttpEndpoint(_NOWHERE, SECRET))
        self._command = self._ann.command_delivery("Export hangs").payload
        self._form: dict[str, Any] = {}

    def close(self) -> None:
        self._connections.close()
        self._stage.close()

    async def learn_the_form(self) -> None:
        """Open the form once, and fill it in as a user would."""
        await self.views([await self.command()])
        drawn = (await self.seen())["view"]
        view = SlackView("V1", "U0ANN", "C0SUPPORT", "V1")
        self._ann.workspace.show_view(view, json.loads(drawn))
        jane = {"text": {"type": "plain_text", "text": "Jane Doe"}, "value": JANE}
        view.offered["customer_id"] = [jane]
        self._ann.fill({"channel": "email", "priority": "high", "customer_id": JANE})
        self._form = self._ann.submission_delivery().payload

    async def command(self) -> Sent:
        number = next(_NUMBERS)
        changed = {"trigger_id": _token(number), "user_id": _somebody(number)}
        return await self._send(number, self._command | changed)

    async def submit(self) -> Sent:
        number = next(_NUMBERS)
        form = self._form
        form["user"]["id"] = _somebody(number)
        form["view"]["id"] = f"V{number:010}"
        form["view"]["state"]["values"]["subject"]["subject"]["value"] = f"{_token(number)} hangs"
        return await self._send(number, {"payload": json.dumps(form)})

    async def _send(self, number: int, fields: dict[str, str]) -> Sent:
        body = urlencode(fields).encode()
        now = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), b"v0:%s:%s" % (now.encode(), body), hashlib.sha256)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": now,
            "x-slack-signature": f"v0={signed.hexdigest()}",
        }
        began = time.monotonic()
        seconds = float("inf")
        try:
            async with asyncio.timeout(IN_TIME):
                status, said = await self._connections.post(EVENTS, body, headers)
            if status == 200 and b"errors" not in said:
                seconds = time.monotonic() - began
        except OSError:  # includes TimeoutError
            pass
        return Sent(number, began, seconds)

    async def seen(self) -> dict[str, Any]:
        """What the stage recorded of this contestant since `forget`: times by number."""
        told = json.loads(await self._ask(f"seen/{self.name}"))
        return {
            name: {int(number): at for number, at in value.items()}
            if isinstance(value, dict)
            else value
            for name, value in told.items()
        }

    async def forget(self) -> None:
        await self._ask(f"clear/{self.name}")

    async def weav_takes(self, seconds: float) -> None:
        await self._ask(f"weav/{seconds}")

    async def cards(self) -> int:
        """How many cards have arrived."""
        return int(await self._ask(f"cards/{self.name}"))

    async def forms(self) -> int:
        """How many forms were opened."""
        return int(await self._ask(f"views/{self.name}"))

    async def until_there(
        self, arrived: Callable[[], Awaitable[int]], wanted: int, within: float = 10
    ) -> int:
        """Wait for this many, and return how many came."""
        until = time.monotonic() + within
        there = 0
        while there < wanted and time.monotonic() < until:
            # Sleep first, so that polling does not disturb the measurement.
            await asyncio.sleep(0.01)
            there = await arrived()
        return there

    async def views(self, sent: list[Sent], within: float = 10) -> list[float]:
        """Seconds from each command since `forget` to its views.open; infinite where none came."""
        await self.until_there(self.forms, len(sent), within)
        views = (await self.seen())["views"]
        return [views.get(each.number, float("inf")) - each.at for each in sent]

    async def _ask(self, what: str) -> bytes:
        return await self._stage.get(f"/stage/{what}")


def _token(number: int) -> str:
    return f"bench-{number:06}"


def _somebody(number: int) -> str:
    return f"U0BENCH{number % PEOPLE:03}"
