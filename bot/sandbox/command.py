"""`weav-slack sandbox`: a Slack, a Weav, their page, and the bot between them, on loopback."""

import asyncio
import contextlib
import errno
import secrets
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from starlette.types import ASGIApp

from bot.sandbox.kept import CannotRead, keep_saving, load
from bot.sandbox.page import Guard, SandboxPage, StoppableServer, SwitchBoard
from bot.sandbox.page.seen import publish_weav_events
from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, SlackSandbox, Workspace
from bot.sandbox.weav import WeavSandbox
from bot.sandbox.weav.app import TOKEN

# Takes the environment variables of `weav-slack run`; yields the ASGI app of the running bot.
Bot = Callable[[Mapping[str, str]], AbstractAsyncContextManager[ASGIApp]]


class CannotStart(Exception):
    """The message for the person who started the sandbox."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    url: str
    workspace: Workspace
    weav: WeavSandbox
    board: SwitchBoard


@asynccontextmanager
async def sandbox(
    bot: Bot, manifest: str, *, port: int = 0, keep: Path | None = None
) -> AsyncIterator[Sandbox]:
    """Start everything; port 0 picks a free port. Raise CannotStart."""
    async with AsyncExitStack() as stack:
        slack, weav = SlackSandbox(), WeavSandbox()
        installed = yaml.safe_load(manifest)
        slack.workspace.install(installed)
        directory = _data_directory(stack, keep)
        with _clear_start_errors(port):
            load(directory, slack.workspace, weav)
            server = StoppableServer(Guard(weav))
            board = SwitchBoard(slack.workspace, weav, server)
            # The endpoint gets its URL when the bot has started, below.
            endpoint = await stack.enter_async_context(HttpEndpoint("", secrets.token_hex()))
            page = SandboxPage(slack.workspace, weav, board, endpoint, installed)
            url = await stack.enter_async_context(serve(Guard(page.asgi()), port))
            stack.callback(page.end)
        slack.workspace.base_url = await stack.enter_async_context(serve(Guard(slack.asgi)))
        await server.open()
        stack.push_async_callback(server.close)
        _run_in_background(stack, publish_weav_events(weav, slack.workspace))
        if keep is not None:
            _run_in_background(stack, keep_saving(directory, slack.workspace, weav))
        webhook_secret = secrets.token_hex()
        variables = _variables(slack, server, endpoint, url, directory) | {
            "WEAV_WEBHOOK_SECRET": webhook_secret
        }
        bot_url = await stack.enter_async_context(
            serve(await stack.enter_async_context(bot(variables)))
        )
        endpoint.request_url = f"{bot_url}/slack/events"
        webhook = weav.webhooks.sending_to(f"{bot_url}/weav/webhooks", webhook_secret)
        await stack.enter_async_context(webhook)
        yield Sandbox(url, slack.workspace, weav, board)


async def run(bot: Bot, manifest: str, *, port: int, keep: Path | None, open_browser: bool) -> None:
    """Print the page's URL, and serve until SIGINT or SIGTERM; raise CannotStart."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with sandbox(bot, manifest, port=port, keep=keep) as started:
        print(f"The sandbox is running at {started.url} (Ctrl-C stops it)", flush=True)  # noqa: T201
        if open_browser:
            await asyncio.to_thread(webbrowser.open, started.url)
        await ended.wait()


def _variables(
    slack: SlackSandbox, weav: StoppableServer, endpoint: HttpEndpoint, page_url: str, place: Path
) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.workspace.bot_token,
        "SLACK_SIGNING_SECRET": endpoint.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "WEAV_API_TOKEN": TOKEN,
        "WEAV_API_URL": f"{weav.url}/v1",
        "WEAV_CONVERSATION_URL": f"{page_url}/#conversation-{{id}}",
        "DATABASE_URL": f"sqlite:///{place / 'ledger.db'}",
    }


def _data_directory(stack: AsyncExitStack, keep: Path | None) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weav-slack-sandbox-")))
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{keep} cannot be used as a directory ({error.strerror}).") from None
    return keep.resolve()


@contextlib.contextmanager
def _clear_start_errors(port: int) -> Iterator[None]:
    if port not in range(65_536):
        raise CannotStart(f"{port} is not a port: choose one from 0 to 65535.")
    try:
        yield
    except CannotRead as error:
        raise CannotStart(str(error)) from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise CannotStart(f"Port {port} cannot be used ({error.strerror}).") from None
        raise CannotStart(
            f"Port {port} is in use, maybe by another sandbox. Choose another one with --port;"
            " --port 0 picks a free one."
        ) from None


def _run_in_background(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    stack.callback(task.cancel)
