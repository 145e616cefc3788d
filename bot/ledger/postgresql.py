"""The ledger in PostgreSQL, for any number of replicas: https://magicstack.github.io/asyncpg/."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, TypeAlias

import asyncpg
from aiosql.adapters.asyncpg import AsyncPGAdapter

from bot.ledger.database import Rows, Run, load_queries
from bot.ledger.errors import LedgerUnavailable, Taken

# Generic for mypy alone.
_Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
_Pooled: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# An arbitrary number that no other program in the same database should lock: "weav" in ASCII.
_MIGRATION_LOCK: Final = 0x77656176
_LONG: Final = 600.0  # seconds for a migration


class _Adapter(AsyncPGAdapter):
    """Uses the connection as it is; aiosql's own adapter inspects all its attributes each time."""

    async def select(
        self,
        conn: _Pooled,
        query_name: str,
        sql: str,
        parameters: Mapping[str, Any],
        _record_class: None = None,
    ) -> AsyncIterator[asyncpg.Record]:
        ordered = [parameters[name] for name in self.var_sorted[query_name]]
        for row in await conn.fetch(sql, *ordered):
            yield row


class PostgreSQL:
    """A lost connection fails the statement that ran on it; the next one gets a new connection."""

    dialect = "postgresql"

    def __init__(self, pool: _Pool, timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout
        self._queries = load_queries(self.dialect, _Adapter)
        self._releasing: set[asyncio.Task[None]] = set()

    async def query(self, name: str, /, **values: object) -> Rows:
        statement = getattr(self._queries, name)
        with _translated_errors():
            async with self._connection() as connection:
                return [row async for row in statement(connection, **values)]

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Run]:
        with _translated_errors():
            async with self._connection() as connection, connection.transaction():

                async def run(sql: str) -> Rows:
                    return [dict(row) for row in await connection.fetch(sql, timeout=_LONG)]

                await run(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                yield run

    async def settle(self) -> None:
        """Wait until the connections of abandoned statements are released."""
        await asyncio.gather(*self._releasing, return_exceptions=True)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Pooled]:
        connection = await self._pool.acquire(timeout=self._timeout)
        try:
            yield connection
        except (asyncio.CancelledError, TimeoutError):
            # Before it releases a connection, asyncpg asks the server to cancel the statement, and
            # it closes the connection after a timeout. The caller has given up and must not wait.
            self._release_in_background(connection)
            raise
        except BaseException:
            await self._pool.release(connection, timeout=self._timeout)
            raise
        await self._pool.release(connection, timeout=self._timeout)

    def _release_in_background(self, connection: _Pooled) -> None:
        releasing = asyncio.create_task(self._release(connection))
        self._releasing.add(releasing)
        releasing.add_done_callback(self._releasing.discard)

    async def _release(self, connection: _Pooled) -> None:
        with suppress(TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await self._pool.release(connection, timeout=self._timeout)


@asynccontextmanager
async def open_postgresql(
    url: str, statement_timeout: float, connections: int
) -> AsyncIterator[PostgreSQL]:
    with _translated_errors(), _hidden_password():
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=connections,
            timeout=statement_timeout,
            command_timeout=statement_timeout,
            reset=_no_reset,
            server_settings={"application_name": "weav-slack"},
        )
    database = PostgreSQL(pool, statement_timeout)
    try:
        yield database
    finally:
        try:
            async with asyncio.timeout(statement_timeout):
                await pool.close()
        except TimeoutError:
            pool.terminate()
        await database.settle()


async def _no_reset(_connection: _Connection) -> None:
    """Do not reset a connection: we leave no session state, and it costs a round trip."""


@contextmanager
def _hidden_password() -> Iterator[None]:
    try:
        yield
    except asyncpg.InterfaceError:
        raise
    except (ValueError, OverflowError):  # its text may quote a part of the password as the port
        raise LedgerUnavailable(
            "DATABASE_URL cannot be read: a password's / ? # [ ] @ % are written as %2F and so on."
        ) from None


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Taken from error
    except TimeoutError as error:
        raise LedgerUnavailable("The ledger's database does not answer in time.") from error
    except asyncpg.PostgresError as error:
        # Only the first argument: the detail may show the row's personal data.
        raise LedgerUnavailable(f"The ledger's database says: {error.args[0]}.") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        # A failover raises InternalClientError: no server takes writes at the moment.
        raise LedgerUnavailable(f"The ledger's database cannot be reached: {error}.") from error
