"""The programs to compare; each one runs as its own process."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from signal import SIGKILL
from typing import Final

import aiohttp
import psutil

from bot.sandbox.weav.app import TOKEN
from tests.bench.cores import on_the_others, on_the_servers_core
from tests.harness import SECRET
from tests.postgres import PostgresServer, installed_binaries
from tests.process import clean_environment, free_port

BOLT_FOR_JAVASCRIPT: Final = "@slack/bolt@5.1.0"
EVENTS: Final = "/slack/events"
STARTS_WITHIN: Final = 30.0
_FOLDER: Final = Path(__file__).parent / "contenders"
_ROOT: Final = Path(__file__).parents[2]
_MODULE: Final = "tests.bench.contenders"
# As many threads as Bolt has for listeners.
_GUNICORN: Final = (
    "-m",
    "gunicorn",
    "--threads=10",
    "--no-control-socket",
    f"{_MODULE}.sync_bolt:api",
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """`port_as`: its last argument, with the port; None: it reads PORT. `checkout`: its code.

    `needs_postgresql`: it stores data in PostgreSQL, and the server counts as part of it.
    """

    name: str
    title: str
    command: tuple[str, ...]
    port_as: str | None
    variables: Mapping[str, str] = field(default_factory=dict)
    checkout: Path = _ROOT
    needs_postgresql: bool = False


BOT: Final = Contestant("bot", "weav-slack", (sys.executable, "-m", "bot", "run"), None)
ASYNC: Final = Contestant(
    "async", "async Bolt", (sys.executable, "-m", f"{_MODULE}.async_bolt"), "{}"
)
SYNC: Final = Contestant(
    "sync", "sync Bolt, gunicorn", (sys.executable, *_GUNICORN), "--bind=127.0.0.1:{}"
)
JAVASCRIPT: Final = Contestant(
    "js", "Bolt for JavaScript", ("node", str(_FOLDER / "bolt.js")), "{}"
)
# Baselines, not competitors: the packages alone, and with the smallest ledger.
FLOOR: Final = Contestant(
    "floor", "its packages alone", (sys.executable, "-m", f"{_MODULE}.floor_bolt"), "{}"
)
DURABLE: Final = Contestant(
    "durable", "durable floor", (sys.executable, "-m", f"{_MODULE}.durable_bolt"), "{}"
)
SHARED_COMMITS: Final = replace(
    DURABLE, name="shared", title="durable floor, commits shared", variables={"COMMITS": "shared"}
)
PEER: Final = Contestant(
    "peer",
    "Bolt and PgQueuer",
    (sys.executable, "-m", f"{_MODULE}.pgqueuer_bolt"),
    "{}",
    needs_postgresql=True,
)
BARE: Final = Contestant(
    "bare", "a bare listener", (sys.executable, "-m", f"{_MODULE}.bare_bolt"), "{}"
)


def bot_of(checkout: Path) -> Contestant:
    """The bot of another checkout, with the Python and packages of this one."""
    return replace(BOT, name="other", title=checkout.name, checkout=checkout.resolve())


async def with_node(contestant: Contestant) -> Contestant | None:
    """Install Bolt for JavaScript into the cache, once; None where that is impossible."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "weav-slack-bench" / BOLT_FOR_JAVASCRIPT.replace("/", "-")
    if not (folder / "node_modules" / "@slack" / "bolt").is_dir():
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        install = (npm, "install", "--no-audit", "--no-fund", "--silent", BOLT_FOR_JAVASCRIPT)
        installing = await asyncio.create_subprocess_exec(*install, cwd=folder)
        if await installing.wait():
            return None
    return replace(
        contestant, variables={"NODE_PATH": str(folder / "node_modules"), "NODE_ENV": "production"}
    )


def with_postgresql(contestant: Contestant) -> Contestant | None:
    """None without the server or the package: `uv run --group bench`."""
    found = installed_binaries() and find_spec("pgqueuer")
    return contestant if found else None


class Running:
    def __init__(
        self,
        contestant: Contestant,
        process: asyncio.subprocess.Process,
        port: int,
        log: Path,
        server: PostgresServer | None,
    ) -> None:
        self.contestant = contestant
        self.began = time.monotonic()
        self.url = f"http://127.0.0.1:{port}{EVENTS}"
        self._process = process
        self._log = log
        self._server = server

    def megabytes(self) -> float:
        """Resident memory of its processes, and of a server's, which share most of theirs."""
        own = sum(each.memory_info().rss for each in _tree(self._process.pid))
        servers = sum(each.memory_full_info().pss for each in self._servers())
        return (own + servers) / 2**20

    def cpu_seconds(self) -> float:
        """CPU time of its processes, user and system."""
        processes = [*_tree(self._process.pid), *self._servers()]
        return sum(_cpu_seconds(each) for each in processes)

    def _servers(self) -> list[psutil.Process]:
        return [] if self._server is None else _tree(self._server.process_id)

    async def answers(self) -> None:
        """Wait until it answers any request."""
        async with asyncio.timeout(STARTS_WITHIN), aiohttp.ClientSession() as client:
            while True:
                if self._process.returncode is not None:
                    raise RuntimeError(
                        f"{self.contestant.title} ended: {self._log.read_text()[-2000:]}"
                    )
                with suppress(aiohttp.ClientError):
                    async with client.get(self.url):
                        return
                await asyncio.sleep(0.005)


def _tree(process_id: int) -> list[psutil.Process]:
    parent = psutil.Process(process_id)
    return [parent, *parent.children(recursive=True)]


def _cpu_seconds(process: psutil.Process) -> float:
    """Including its ended children; on Linux in nanoseconds instead of hundredths of a second.

    Python has no name for https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html.
    """
    try:
        times = process.cpu_times()
        if sys.platform == "linux":
            own = time.clock_gettime(~process.pid << 3 | 2)
            return own + times.children_user + times.children_system
    except (psutil.NoSuchProcess, OSError):
        return 0.0  # its parent has collected it by now
    return times.user + times.system


def _variables(
    contestant: Contestant, stage_url: str, database_url: str, port: int
) -> dict[str, str]:
    base = f"{stage_url}/{contestant.name}"
    return clean_environment(contestant.variables) | {
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_API_URL": f"{base}/api/",
        "WEAV_API_TOKEN": TOKEN,
        "WEAV_API_URL": f"{base}/v1",
        "DATABASE_URL": database_url,
        "WEAV_CONVERSATION_URL": "https://app.weav.example/conversations/{id}",
        "PORT": str(port),
        "PYTHONPATH": str(contestant.checkout),
    }


@asynccontextmanager
async def running(contestant: Contestant, stage_url: str) -> AsyncIterator[Running]:
    """Start it with an empty ledger and its log in a file, like a service; SIGKILL at the end."""
    port = free_port()
    ending = () if contestant.port_as is None else (contestant.port_as.format(port),)
    with (
        tempfile.TemporaryDirectory() as name,
        (Path(name) / "log").open("wb") as log,
        _postgresql(contestant) as server,
    ):
        database_url = server.create_database() if server else f"sqlite:///{name}/ledger.db"
        process = await asyncio.create_subprocess_exec(
            *contestant.command,
            *ending,
            cwd=name,
            env=_variables(contestant, stage_url, database_url, port),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            on_the_others(process.pid)
            yield Running(contestant, process, port, Path(name) / "log", server)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)
            await process.wait()


@contextmanager
def _postgresql(contestant: Contestant) -> Iterator[PostgresServer | None]:
    if not contestant.needs_postgresql:
        yield None
        return
    binaries = installed_binaries()
    assert binaries is not None, "PostgreSQL is not installed"
    server = PostgresServer(binaries)
    try:
        server.create()
        for each in _tree(server.process_id):
            with suppress(psutil.NoSuchProcess):  # some processes only start it
                on_the_others(each.pid)
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def stage() -> AsyncIterator[str]:
    """Yield the address of the stand-in for Slack and Weav, which shares a core with the users."""
    with on_the_servers_core():
        port = free_port()
        command = (sys.executable, "-m", "tests.bench.stage", str(port))
        process = await asyncio.create_subprocess_exec(*command, cwd=_ROOT)
        url = f"http://127.0.0.1:{port}"
        try:
            async with asyncio.timeout(STARTS_WITHIN), aiohttp.ClientSession() as client:
                while True:
                    with suppress(aiohttp.ClientError):
                        async with client.get(f"{url}/stage/cards/nobody"):
                            break
                    await asyncio.sleep(0.02)
            yield url
        finally:
            process.kill()
            await process.wait()
