"""`weav-slack run`: from settings to a drained exit."""

import asyncio
import gc
import socket

import uvloop

from bot import VERSION
from bot.app import Bot, Pace, assembled
from bot.health import SlackTokenRejected
from bot.ledger import LedgerTooNew, LedgerUnavailable
from bot.logs import get_logger
from bot.serving import Server, bind, import_the_rest, server
from bot.settings import Settings
from bot.tracebacks import kind_of

log = get_logger("weav_slack.running")


class CannotRun(Exception):
    """A sentence for whoever runs the bot."""


def runner() -> asyncio.Runner:
    """Collect garbage from now on, and never look for any in what start-up has made.

    Under load that was a tenth of the CPU, and 100 ms of standing still now and then:
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def run(settings: Settings, pace: Pace | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what runs; raise `CannotRun`."""
    pace = pace or Pace()
    with _listener(settings) as listener:
        try:
            await import_the_rest()
            async with assembled(settings, pace) as bot:
                with bot.event_loop.watching():
                    await _serve(bot, server(bot.asgi, pace.answers), listener)
        except (LedgerUnavailable, LedgerTooNew) as error:
            raise CannotRun(f"The database of DATABASE_URL cannot be used: {error}") from None
        except SlackTokenRejected as error:
            raise CannotRun(
                f"Slack does not accept the token ({error}). Copy SLACK_BOT_TOKEN from OAuth &"
                " Permissions and SLACK_APP_TOKEN from Basic Information again."
            ) from None


def _listener(settings: Settings) -> socket.socket:
    try:
        return bind(settings.host, settings.port)
    except (OSError, TypeError) as error:  # TypeError: a name that DNS could not hold
        why = getattr(error, "strerror", None) or "no such name"
        raise CannotRun(
            f"Cannot listen on {settings.host}:{settings.port} ({why})."
            " Choose another HOST or PORT, or stop what runs there."
        ) from None


async def _serve(bot: Bot, serving: Server, listener: socket.socket) -> None:
    """End with the server, or with what goes on beside it: a rejected token, or a mistake."""
    beside = [asyncio.create_task(bot.health.keep_greeting())]
    if bot.socket is not None:
        beside.append(asyncio.create_task(bot.socket.keep_connecting()))
    for task in beside:
        task.add_done_callback(lambda _: serving.stop())
    mode = "Socket Mode" if bot.socket else "HTTP"
    log.info("started", version=VERSION, mode=mode, address=listener.getsockname()[:2])
    try:
        await serving.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()
        for ended in await asyncio.gather(*beside, return_exceptions=True):
            if isinstance(ended, Exception):
                raise _why(ended)
        log.info("stopping")


def _why(ended: Exception) -> Exception:
    """Log a mistake here, without its words: Python would print them to the end."""
    if isinstance(ended, SlackTokenRejected):
        return ended
    log.error("mistake", exc_info=ended)
    return CannotRun(f"The bot made a mistake ({kind_of(ended)}): the log says where.")
