"""Answers as raw bytes: good, broken, slow, endless and redirected."""

import asyncio
import gzip
import json

from tests.bad_days.faulty_proxy import pours
from tests.weav.raw_server import Reply, drips, hangs, resets, sends

# Part of every bad answer; it must reach neither the log nor a user.
CANARY = "canary-in-a-body"
JSON = "application/json"
HTML = f"<!DOCTYPE html><html><h1>Oops</h1>{CANARY} xoxb-canary</html>".encode()


def http(status: int, body: bytes, *headers: str, kind: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}", *headers]
    if kind:
        lines.append(f"content-type: {kind}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def late(seconds: float, reply: Reply) -> Reply:
    async def wait(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await reply(writer)

    return wait


def says(answer: bytes) -> Reply:
    """Keep the connection open, as Slack and Weav do after any answer."""
    return sends(answer, close=False)


def head(status: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"content-type: {JSON}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _bomb(status: int) -> bytes:
    body = gzip.compress(b'{"ok": true, "id": "' + CANARY.encode() + b" " * (16 << 20) + b'"}')
    return http(status, body, "content-encoding: gzip", kind=JSON)


def broken(good: bytes) -> dict[str, Reply]:
    """Ways to break an answer after the request was read; `good` is the status code."""
    whole = f'{{"ok": true, "{CANARY}": 1}}'.encode()
    start = b"HTTP/1.1 " + good + b" Fine\r\n"
    chunked = start + b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    return {
        "closes in the headers": sends(start + b"conte"),
        "resets in the headers": resets(start + b"conte"),
        "closes in the body": sends(start + b"content-length: 99\r\n\r\n" + whole[:9]),
        "resets in the body": resets(start + b"content-length: 99\r\n\r\n" + whole[:9]),
        "a broken chunk": sends(chunked + b"ZZ\r\n{}"),
        "a missing chunk": sends(chunked + b"4\r\n{}  \r\n"),
        "an endless body": pours(head(int(good)), b" " * 65536),
        "a body of 2 MiB": says(http(int(good), whole[:-1] + b" " * (2 << 20) + b"}", kind=JSON)),
        "a gzip bomb": says(_bomb(int(good))),
        "broken gzip": says(http(int(good), whole, "content-encoding: gzip", kind=JSON)),
        "an unknown encoding": says(http(int(good), b"\0\1", "content-encoding: x", kind=JSON)),
        "broken JSON": says(http(int(good), whole[:-3], kind=JSON)),
        "JSON that is a list": says(http(int(good), b"[1, 2]", kind=JSON)),
        "JSON that is a text": says(http(int(good), f'"{CANARY}"'.encode(), kind=JSON)),
        "JSON that is a number": says(http(int(good), b"7", kind=JSON)),
        "JSON that is null": says(http(int(good), b"null", kind=JSON)),
        "JSON that is deep": says(http(int(good), b"[" * 100_000, kind=JSON)),
        "JSON with half a character": says(http(int(good), b'{"error": "\\ud800"}', kind=JSON)),
        "no UTF-8": says(http(int(good), b'{"ok": "\xff"}', kind=JSON)),
        "an unknown character set": says(http(int(good), HTML, kind="text/html; charset=x")),
        "an HTML page": says(http(int(good), HTML)),
        "plain text": says(http(int(good), CANARY.encode(), kind="text/plain")),
        "a zip file": says(http(int(good), CANARY.encode(), kind="application/gzip")),
        "no content type": says(http(int(good), HTML, kind="")),
        "an empty answer": says(http(int(good), b"", kind=JSON)),
        "204": says(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "101": sends(b"HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        "103 and no more": sends(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        "no HTTP": sends(b"220 mail.example.com ESMTP\r\n"),
        "a bad length": sends(start + b"content-length: x\r\n\r\n"),
        "a huge header": sends(start + b"x: " + b"x" * 100_000 + b"\r\n\r\n"),
    }


SLOW: dict[str, Reply] = {
    "a first byte that never comes": hangs,
    "dripping headers": drips(b"HTTP/1.1 200 Fine\r\nx: ", b"x", 0.1),
    # Longer than any timeout: bytes after the end would count as the start of the next answer.
    "a dripping body": drips(head(200, "content-length: 9999"), b" ", 0.1),
    "1xx for ever": drips(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.1),
}
REDIRECTS: dict[str, Reply] = {
    f"a redirect ({status}) {where}": says(http(status, HTML, f"location: {to}"))
    for status in (301, 302, 303, 307, 308)
    for where, to in (("to itself", "/"), ("elsewhere", "http://127.0.0.1:1/"))
} | {"a redirect to nowhere": says(http(302, b"", "location: http://["))}
ODD_WAITS = {
    "a date": "Wed, 21 Oct 2015 07:28:00 GMT",
    "nonsense": "soon",
    "a negative number": "-5",
    "a fraction": "0.5",
    "no number": "nan",
    "infinity": "inf",
    "an emptiness": "",
}


def error(code: str, status: int = 200, *headers: str) -> Reply:
    body = json.dumps({"ok": False, "error": code, "detail": CANARY}).encode()
    return says(http(status, body, *headers, kind=JSON))
