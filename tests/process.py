"""`weav-slack` as a process of its own, as its users start it."""

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

# What these tests are about, as opposed to one that is installed elsewhere.
OURS: Final = (sys.executable, "-m", "bot")

_held: list[socket.socket] = []


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


def free_port() -> int:
    """Give a port that refuses connections until somebody listens there.

    It is held while this process lives, or the kernel may give it to others before that, and what
    is meant for one bot reaches another. On Linux a server that sets SO_REUSEADDR, as those of
    asyncio, uvicorn and Node do, may listen beside a socket that does not; elsewhere it is let go:
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
    """Nothing of the machine's own Slack or Weav reaches the process, and it keeps its bytecode."""
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
) -> Ended:
    """Run it to its end."""
    process = await start(*arguments, cwd=cwd, program=program, **variables)
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def running(
    cwd: Path,
    arguments: Sequence[str] = ("run",),
    program: Sequence[str] = OURS,
    **variables: str,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`weav-slack run`, or another command, killed at the end if it still runs."""
    process = await start(*arguments, cwd=cwd, program=program, **variables)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answer_of(url: str, *, status: int = 200, within: float = 30) -> httpx.Response:
    """Ask until it answers with this status; there is no event to wait for in another process."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(within):
        while True:
            try:
                response = await http.get(url)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code == status:
                return response
            await asyncio.sleep(0.02)
