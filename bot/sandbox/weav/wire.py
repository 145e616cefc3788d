"""Sends an answer, whole or in the broken way that a fault asks for."""

import asyncio
import gzip
from collections.abc import AsyncIterator, MutableMapping
from typing import Any, assert_never

from starlette.types import Receive, Send

from bot.sandbox.serving import drop_connection
from bot.sandbox.weav.faults import FaultAnswer, WeavFault, Wire

_BOMB_SIZE = 16 * 1024 * 1024


async def transmit(
    fault: WeavFault,
    answer: FaultAnswer,
    scope: MutableMapping[str, Any],
    receive: Receive,
    send: Send,
) -> None:
    match fault.wire:
        case Wire.WHOLE:
            await _send_whole(answer, send)
        case Wire.DROP:
            await drop_connection(scope)
        case Wire.DRIP:
            await _send_parts(answer, _dripping(answer.body, fault.drip), receive, send)
        case Wire.ENDLESS:
            await _send_parts(answer, _endless(answer.body), receive, send)
        case Wire.GZIP_BOMB:
            bomb = gzip.compress(answer.body + b" " * _BOMB_SIZE)
            headers = {**answer.headers, "content-encoding": "gzip"}
            await _send_whole(FaultAnswer(answer.status, headers, bomb), send)
        case _ as never:
            assert_never(never)


async def _send_whole(answer: FaultAnswer, send: Send) -> None:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    await _start(FaultAnswer(answer.status, headers, answer.body), send)
    await send({"type": "http.response.body", "body": answer.body})


async def _start(answer: FaultAnswer, send: Send) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _send_parts(
    answer: FaultAnswer, parts: AsyncIterator[bytes], receive: Receive, send: Send
) -> None:
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    await _start(FaultAnswer(answer.status, headers, b""), send)
    # The request has been read, so the next message is the client's disconnect.
    gone = asyncio.ensure_future(receive())
    try:
        async for part in parts:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _dripping(body: bytes, every: float) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes([byte])
        await asyncio.sleep(every)


async def _endless(body: bytes) -> AsyncIterator[bytes]:
    yield body
    while True:
        yield b" " * 65536
        await asyncio.sleep(0)
