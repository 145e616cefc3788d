"""A PostgreSQL server for the tests, started from the installed binaries (Debian: `postgresql`)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# The kill tests run many harnesses at once, each with several replicas.
MOST_CONNECTIONS: Final = 300
# The shell outlives a pytest that is killed. When its stdin closes, it stops the server and removes
# the folder, unless told to keep it.
_SUPERVISOR: Final = """
folder=$1; shift
"$@" >>"$folder/log" 2>&1 &
server=$!
read -r word
kill -INT "$server"
wait "$server"
[ "$word" = keep ] || rm -rf "$folder"
"""


class PostgresServer:
    """Listens on a socket in its own folder, so any number of servers can run at once."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # Not inside pytest's folder: other users cannot enter that, and a socket's path must be
        # short.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = _unprivileged_user()
        self._supervisor: subprocess.Popen[str] | None = None

    @property
    def process_id(self) -> int:
        """The process ID of the shell that the server runs under."""
        assert self._supervisor is not None, "it does not run"
        return self._supervisor.pid

    def create(self) -> None:
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._run(
            "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D", "data"
        )
        self.start()

    def start(self) -> None:
        server = [str(self._binaries / "postgres"), "-D", "data", "-k", str(self._folder)]
        options = ["-c", "listen_addresses=", "-c", f"max_connections={MOST_CONNECTIONS}"]
        self._supervisor = subprocess.Popen(  # noqa: S603 - the arguments are ours
            ["/bin/sh", "-c", _SUPERVISOR, "sh", str(self._folder), *server, *options],
            stdin=subprocess.PIPE,
            text=True,
            cwd=self._folder,
            user=self._user,
            start_new_session=True,  # Ctrl-C is for pytest, which then stops the server
        )
        self._wait_until_ready()

    def stop(self, *, keep: bool = False) -> None:
        """Stop and break all client connections; `keep` leaves the data in place."""
        if self._supervisor is not None:
            self._supervisor.communicate("keep\n" if keep else "", timeout=30)
            self._supervisor = None

    def create_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def copy_database(self, url: str) -> str:
        """Copy a database that is in use, by dump and restore, and return the URL of the copy."""
        copy = self.create_database()
        dumped = self._folder / database_name(copy)
        host = str(self._folder)
        dumped.write_text(self._run("pg_dump", "-h", host, "-U", "postgres", database_name(url)))
        read = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-f", str(dumped)]
        self._run("psql", "-h", host, "-U", "postgres", "-d", database_name(copy), *read)
        return copy

    def disconnect(self, url: str) -> None:
        """Break all connections to the database."""
        self.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "  # noqa: S608 - our name
            f"WHERE datname = '{database_name(url)}'"
        )

    def drop_database(self, url: str) -> None:
        self.execute(f"DROP DATABASE {database_name(url)} WITH (FORCE)")

    def execute(self, sql: str, database: str = "postgres") -> str:
        """Run one statement in a transaction of its own."""
        host = str(self._folder)
        return self._run("psql", "-XAtq", "-h", host, "-U", "postgres", "-d", database, "-c", sql)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.execute("SELECT 1")
            except subprocess.CalledProcessError:
                time.sleep(0.05)
            else:
                return
        log = (self._folder / "log").read_text()
        self.stop()
        pytest.fail(f"PostgreSQL does not start: {log}")

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            [str(self._binaries / program), *arguments],
            cwd=self._folder,
            user=self._user,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout


def database_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to start as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def installed_binaries() -> Path | None:
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


_SERVER: Final = pytest.StashKey[PostgresServer]()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> PostgresServer:
    """One server per session, no matter how many conftest files import this fixture."""
    if _SERVER not in pytestconfig.stash:
        binaries = installed_binaries()
        if binaries is None:
            missing = "PostgreSQL is not installed (Debian's package is called postgresql)"
            if os.environ.get("CI") == "true":
                pytest.fail(missing)
            pytest.skip(missing)
        server = PostgresServer(binaries)
        pytestconfig.add_cleanup(server.stop)
        server.create()
        pytestconfig.stash[_SERVER] = server
    return pytestconfig.stash[_SERVER]


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the URL of a database that only this test uses."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)
