"""Slack and Weav as one process that answers at once and records when each request came.

It checks nothing and is as cheap as possible, so that it is no bottleneck; bot/sandbox/ is strict.
`/{contender}/api/{method}` is Slack's Web API, `/{contender}/v1/…` Weav's, `/stage/…` the bench's.
"""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import parse_qs
from uuid import UUID

import httptools
import uvloop

from bot.sandbox.slack.directory import BOT_ID, BOT_USER_ID, TEAM_ID

# The bench puts these into triggers and subjects, and finds them in a contender's requests.
TOKEN: Final = re.compile(rb"bench-(\d{6})")
# In every answer of Slack's: https://docs.slack.dev/authentication/tokens.
SCOPES: Final = b"X-OAuth-Scopes: commands,chat:write,chat:write.public\r\n"


@dataclass(slots=True)
class Seen:
    """One contender's times by number, in seconds of the monotonic clock."""

    views: dict[int, float] = field(default_factory=dict)
    weav_asked: dict[int, float] = field(default_factory=dict)
    weav_answered: dict[int, float] = field(default_factory=dict)
    cards: dict[int, float] = field(default_factory=dict)
    more_than_once: int = 0
    peers: set[object] = field(default_factory=set)
    view: str = ""

    def note(self, where: dict[int, float], number: int) -> None:
        self.more_than_once += number in where
        where.setdefault(number, time.monotonic())

    def as_json(self) -> bytes:
        names = ("views", "weav_asked", "weav_answered", "cards", "more_than_once", "view")
        told = {name: getattr(self, name) for name in names}
        return json.dumps(told | {"connections": len(self.peers)}).encode()


class Stage:
    def __init__(self) -> None:
        self.seen: dict[str, Seen] = defaultdict(Seen)
        self.weav_takes = 0.0

    async def answer(self, method: str, path: str, body: bytes, peer: object) -> tuple[int, bytes]:
        name, part, *rest = path.partition("?")[0].strip("/").split("/")
        if name == "stage":
            return 200, self._told(part, rest[0])
        if part == "v1":
            return await self._weav(self.seen[name], method, rest, body)
        self.seen[name].peers.add(peer)
        return 200, self._slack(self.seen[name], rest[-1], body)

    def _told(self, part: str, argument: str) -> bytes:
        match part:
            case "weav":
                self.weav_takes = float(argument)
            case "clear":
                self.seen.pop(argument, None)
            case "cards":
                return str(len(self.seen[argument].cards)).encode()
            case "views":
                return str(len(self.seen[argument].views)).encode()
            case "seen":
                return self.seen[argument].as_json()
        return b""

    async def _weav(
        self, seen: Seen, method: str, rest: list[str], body: bytes
    ) -> tuple[int, bytes]:
        found = TOKEN.search(body)
        if method != "POST" or rest != ["conversations"] or not found:
            return 200, b'{"data": []}'
        number = int(found[1])
        seen.note(seen.weav_asked, number)
        if self.weav_takes:
            await asyncio.sleep(self.weav_takes)
        seen.weav_answered.setdefault(number, time.monotonic())
        made = {"id": str(UUID(int=number)), "status": "open", "priority": "normal"}
        return 201, json.dumps(json.loads(body) | made).encode()

    def _slack(self, seen: Seen, method: str, body: bytes) -> bytes:
        found = TOKEN.search(body)
        number = int(found[1]) if found else 0
        match method:
            case "auth.test":
                who = {"team_id": TEAM_ID, "user_id": BOT_USER_ID, "bot_id": BOT_ID}
                words = {"url": "https://bench.slack.com/", "team": "Bench", "user": "bot"}
                return json.dumps({"ok": True} | who | words).encode()
            case "views.open":
                seen.note(seen.views, number)
                seen.view = seen.view or _view(body)
                return b'{"ok":true,"view":{"id":"V%d","hash":"1.a"}}' % number
            case "chat.postMessage":
                seen.note(seen.cards, number)
                ts = b"1700000000.%06d" % number
                return b'{"ok":true,"channel":"C0SUPPORT","ts":"%s","message":{}}' % ts
            case "views.update" | "chat.update":
                return b'{"ok":true,"view":{"id":"V1","hash":"1.a"}}'
        return b'{"ok":false,"error":"missing_scope"}'


def _view(body: bytes) -> str:
    """Return the view that a contender sends, as a form field or as JSON."""
    if body.startswith(b"{"):
        return json.dumps(json.loads(body)["view"])
    return parse_qs(body.decode())["view"][0]


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, one request at a time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._parser = httptools.HttpRequestParser(self)
        self._body = bytearray()
        self._path = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's methods, but not its base class.
        self._transport = cast("asyncio.Transport", transport)
        self._peer = transport.get_extra_info("peername")

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body.clear()
        self._path = b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method, keep = self._parser.get_method().decode(), self._parser.should_keep_alive()
        task = asyncio.ensure_future(
            self._reply(method, self._path.decode(), bytes(self._body), keep)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, method: str, path: str, body: bytes, keep: bool) -> None:  # noqa: FBT001 - as httptools says it
        status, said = await self._stage.answer(method, path, body, self._peer)
        if self._transport.is_closing():
            return
        self._transport.write(
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"%sConnection: %s\r\n\r\n%s"
            % (status, len(said), SCOPES, b"keep-alive" if keep else b"close", said)
        )
        if not keep:
            self._transport.close()


async def serve(port: int) -> None:
    stage = Stage()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stage), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
