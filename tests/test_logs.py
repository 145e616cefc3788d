"""The log: one line an event, without messages of exceptions or values of libraries."""

import asyncio
import gc
import json
import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Literal

import pytest
import structlog

from bot.logs import configure, get_logger, new_reference, reference
from bot.tasks import Tasks
from tests.bad_days.faulty_proxy import talking_listener

CANARY = "CANARY"


@dataclass(frozen=True)
class Lines:
    log_format: Literal["console", "json"]
    stream: StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture(params=["console", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """Configure logging like `weav-slack run`, and restore it afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for handler in handlers:  # pytest's handlers, which `configure` would close
        root.removeHandler(handler)
    configure("DEBUG", request.param)
    [ours] = root.handlers
    assert isinstance(ours, logging.StreamHandler)
    ours.setStream(stream := StringIO())
    yield Lines(request.param, stream)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def fail(canary: str) -> None:
    local = f"a local value {canary}"
    raise ValueError(local)


def test_an_exception_is_logged_by_class_and_place_only(lines: Lines) -> None:
    try:
        try:
            fail(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError:
        get_logger("weav_slack.test").exception("failed", entry=7)

    text = lines.text
    assert CANARY not in text
    assert "KeyError: tests.test_logs:" in text
    assert "from ValueError: tests.test_logs:" in text
    assert " fail < " in text
    assert len(text.splitlines()) == 1
    assert ("entry=7" if lines.log_format == "console" else '"entry": 7') in text


@pytest.mark.parametrize("name", ["slack_bolt", "slack_sdk.socket_mode", "aiohttp.x", "asyncio"])
def test_a_library_log_line_keeps_its_template_without_the_values(name: str, lines: Lines) -> None:
    logger = logging.getLogger(name)
    logger.warning("Failed to send %s to %s", CANARY, CANARY)
    logger.error(f"Failed to send {CANARY}")  # noqa: G004 - as libraries do
    try:
        fail(CANARY)
    except ValueError:
        logger.exception(CANARY)

    text = lines.text
    assert CANARY not in text
    assert "Failed to send %s to %s" in text
    assert name in text
    assert "test_logs:" in text
    assert "ValueError: tests.test_logs:" in text
    assert len(text.splitlines()) == 3


def test_debug_and_info_lines_of_libraries_are_not_written(lines: Lines) -> None:
    for name in ("slack_bolt", "slack_sdk.web", "httpx"):
        logging.getLogger(name).debug(CANARY)
        logging.getLogger(name).info(CANARY)

    assert lines.text == ""


def test_uvicorns_log_lines_are_kept(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s", "127.0.0.1:3000")

    assert "Uvicorn running on 127.0.0.1:3000" in lines.text


async def test_a_failed_handshake_of_a_cancelled_connection_is_not_logged(lines: Lines) -> None:
    """Cancel after each step of the event loop: after one of them, uvloop forgets the error."""
    async with talking_listener() as address:
        host, port = address.split(":")
        loop, tls = asyncio.get_running_loop(), ssl.create_default_context()
        for steps in range(1, 6):
            tcp = socket.create_connection((host, int(port)))
            tcp.settimeout(0)
            await asyncio.sleep(0.02)  # until there are bytes to read
            connecting = loop.create_connection(
                asyncio.Protocol, sock=tcp, ssl=tls, server_hostname=host
            )
            task = asyncio.create_task(connecting)
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            del task
            gc.collect()

    assert lines.text == ""


async def test_the_error_of_any_other_forgotten_future_is_logged(lines: Lines) -> None:
    future = asyncio.get_running_loop().create_future()
    try:
        fail(CANARY)
    except ValueError as error:
        future.set_exception(error)
    del future
    gc.collect()

    assert "ValueError: tests.test_logs:" in lines.text


def test_json_logs_are_one_object_per_line(lines: Lines) -> None:
    get_logger("weav_slack.test").info("event", text="two\nlines", entry=1)
    logging.getLogger("uvicorn.error").warning("odd\nlines")

    written = lines.text.splitlines()

    if lines.log_format == "json":
        assert [json.loads(line)["event"] for line in written] == ["event", "odd\nlines"]
        assert {"level", "logger", "timestamp"} <= json.loads(written[1]).keys()


def test_half_a_surrogate_pair_and_a_closed_stream_raise_nothing(lines: Lines) -> None:
    log = get_logger("weav_slack.test")
    log.info("half", text="\ud83d", of=object)
    assert "class 'object'" in lines.text
    lines.stream.close()
    log.info("to nobody")


async def test_all_lines_of_one_payload_and_its_tasks_have_one_reference(
    lines: Lines,
) -> None:
    log = get_logger("weav_slack.test")
    failed: list[str] = []
    tasks = Tasks(failed=lambda: failed.append("once"))

    async def later() -> None:
        await asyncio.sleep(0)
        log.info("later")
        fail(CANARY)

    with new_reference():
        payload_reference = reference()
        log.info("at once")
        tasks.spawn(later(), name="later")
    await tasks.drain(1)
    log.info("other")

    *ours, other = lines.text.splitlines()
    assert len(ours) == 3
    assert all(payload_reference in line for line in ours)
    assert "task_failed" in ours[-1]
    assert payload_reference not in other
    assert CANARY not in "".join(ours)
    assert failed == ["once"]
