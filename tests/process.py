"""Starts `weav-slack` as its own process, as users do."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

# The program under test, rather than one that is installed elsewhere.
OURS: Final = (sys.executable, "-m", "bot")

_held: list[socket.socket] = []


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: str
    err: str


def free_port() -> int:
    """Return a port that refuses connections until a server listens on it.

    The port stays bound while this process lives. Otherwise the kernel could give it to another
    test, and requests for one bot would reach another. On Linux, a server that sets SO_REUSEADDR
    (asyncio, uvicorn and Node do) can listen on a port that another socket has bound without
    listening. Elsewhere the port is released:
    https://man7.org/linux/man-pages/man7/socket.7.html
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    if sys.platform == "linux":
        _held.append(holder)
    else:
        holder.close()
    return port


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Pass on no Slack or Weav settings of this machine, but keep its bytecode cache."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("SLACK_", "WEAV_", "DATABASE_", "LEDGER_", "LOG_", "HOST", "PORT", "PYTHONDONT")
        )
    }
    return {**inherited, **variables}


async def start(
    *arguments: str, cwd: Path, program: Sequence[str] = OURS, **variables: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *program,
        *arguments,
        cwd=cwd,
        env=clean_environment(variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def weav_slack(
    *arguments: str, cwd: Path, program: Sequence[str] = OURS, **variables: str
) -> Finished:
    """Run the command and wait until it exits."""
    process = await start(*arguments, cwd=cwd, program=program, **variables)
    out, err = await process.communicate()
    return Finished(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def running(
    cwd: Path,
    arguments: Sequence[str] = ("run",),
    program: Sequence[str] = OURS,
    **variables: str,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `weav-slack run` or another command; kill it at the end if it still runs."""
    process = await start(*arguments, cwd=cwd, program=program, **variables)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answer_of(url: str, *, status: int = 200, within: float = 30) -> httpx.Response:
    """Poll until the answer has this status: another process gives no event to wait for."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(within):
        while True:
            try:
                response = await http.get(url)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code == status:
                return response
            await asyncio.sleep(0.02)
