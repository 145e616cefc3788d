"""`weav-slack run` as a process: settings, health, signals and memory."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bot.sandbox.slack import SlackFault
from tests.harness import Mode
from tests.process import answer_of, free_port, running, weav_slack
from tests.sandboxes import Sandboxes, sandboxes_in


@pytest.fixture
async def sandboxes(tmp_path: Path) -> AsyncIterator[Sandboxes]:
    async with sandboxes_in(tmp_path) as sandboxes:
        yield sandboxes


@pytest.mark.parametrize("mode", ["http", pytest.param("socket", marks=pytest.mark.long)])
async def test_it_does_the_main_job_and_drains_on_sigterm(sandboxes: Sandboxes, mode: Mode) -> None:
    async with running(sandboxes.folder, **sandboxes.variables(mode)) as process:
        await sandboxes.expect_main_job_and_clean_exit(process, mode, process.terminate)


@pytest.mark.bench
async def test_it_starts_quickly_and_stays_small(sandboxes: Sandboxes) -> None:
    began = time.monotonic()
    async with running(sandboxes.folder, **sandboxes.variables()) as process:
        await answer_of(f"{sandboxes.url}/readyz")
        started = time.monotonic() - began
        memory = psutil.Process(process.pid).memory_info().rss / 2**20

    print(f"start to ready: {started:.2f} s, idle memory: {memory:.0f} MiB")  # noqa: T201
    assert started < 3
    assert memory < 90


async def test_missing_settings_are_all_listed_without_a_traceback(tmp_path: Path) -> None:
    ended = await weav_slack("run", cwd=tmp_path, PORT="high", WEAV_API_URL="http://weav.example")

    assert ended.code == 2
    assert "Traceback" not in ended.err
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "WEAV_API_TOKEN", "PORT", "WEAV_API_"):
        assert name in ended.err


@pytest.mark.parametrize("command", ["run", pytest.param("check", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("wrong", "dotenv", "problem"),
    [
        ({"WEAV_API_TOKEN": "CANARY…abc"}, b"", "WEAV_API_TOKEN must be printable ASCII"),
        ({"DATABASE_URL": "sqlite:///a%00b.db"}, b"", "DATABASE_URL must have no NUL"),
        ({}, b"WEAV_API_TOKEN=CANARY\xe9", ".env is not UTF-8"),
        ({}, b"HOST=a\0b", "HOST must be a name"),
    ],
    ids=["an ellipsis", "NUL in a path", "Latin-1", "NUL in a name"],
)
async def test_malformed_settings_are_named_without_a_traceback(
    tmp_path: Path, command: str, wrong: dict[str, str], dotenv: bytes, problem: str
) -> None:
    (tmp_path / ".env").write_bytes(dotenv)
    given = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "WEAV_API_TOKEN": "t"}

    ended = await weav_slack(command, cwd=tmp_path, **(given | wrong))

    assert ended.code == (2 if command == "run" else 1)
    said = ended.out + ended.err
    assert problem in said
    assert "Traceback" not in said
    assert "CANARY" not in said


async def test_an_invalid_host_name_is_reported_in_a_clear_sentence(sandboxes: Sandboxes) -> None:
    ended = await weav_slack("run", cwd=sandboxes.folder, **sandboxes.variables(HOST="ü" * 70))

    assert ended.code == 1
    assert "Choose another HOST" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("mode", ["http", pytest.param("socket", marks=pytest.mark.long)])
async def test_a_rejected_slack_token_is_reported_in_a_clear_sentence(
    sandboxes: Sandboxes, mode: Mode
) -> None:
    variables = sandboxes.variables(mode, SLACK_BOT_TOKEN="xoxb-other")  # noqa: S106

    ended = await weav_slack("run", cwd=sandboxes.folder, **variables)

    assert ended.code == 1
    assert "Slack does not accept the token (invalid_auth)" in ended.err
    assert "Traceback" not in ended.err


async def test_a_rejected_app_token_is_reported_in_a_clear_sentence(sandboxes: Sandboxes) -> None:
    variables = sandboxes.variables("socket", SLACK_APP_TOKEN="xapp-other")  # noqa: S106

    ended = await weav_slack("run", cwd=sandboxes.folder, **variables)

    assert ended.code == 1
    assert "SLACK_APP_TOKEN" in ended.err
    assert "Traceback" not in ended.err


async def test_it_is_not_ready_until_slack_answers(sandboxes: Sandboxes) -> None:
    unreachable = SlackFault("auth.test", status=503, body="<html>", times=None)
    sandboxes.slack.faults.add(unreachable)
    async with running(sandboxes.folder, **sandboxes.variables()):
        await answer_of(f"{sandboxes.url}/healthz")
        waiting = await answer_of(f"{sandboxes.url}/readyz", status=503)
        assert waiting.json() == {"slack": False, "database": True}

        sandboxes.slack.faults.clear()

        await answer_of(f"{sandboxes.url}/readyz")


async def test_weav_being_down_does_not_make_it_unready(sandboxes: Sandboxes) -> None:
    variables = sandboxes.variables(WEAV_API_URL=f"http://127.0.0.1:{free_port()}/v1")
    async with running(sandboxes.folder, **variables):
        await answer_of(f"{sandboxes.url}/readyz")


async def test_a_port_in_use_is_reported_in_a_clear_sentence(sandboxes: Sandboxes) -> None:
    async with running(sandboxes.folder, **sandboxes.variables()):
        await answer_of(f"{sandboxes.url}/healthz")

        ended = await weav_slack("run", cwd=sandboxes.folder, **sandboxes.variables())

    assert ended.code == 1
    assert f"Cannot listen on 127.0.0.1:{sandboxes.port}" in ended.err
    assert "Traceback" not in ended.err


async def test_an_unusable_database_is_reported_in_a_clear_sentence(sandboxes: Sandboxes) -> None:
    variables = sandboxes.variables(DATABASE_URL=f"sqlite:///{sandboxes.folder}/none/here.db")

    ended = await weav_slack("run", cwd=sandboxes.folder, **variables)

    assert ended.code == 1
    assert "DATABASE_URL" in ended.err
    assert "Traceback" not in ended.err


async def test_a_dotenv_file_is_read_and_the_environment_wins(sandboxes: Sandboxes) -> None:
    lines = (f"{name}={value}" for name, value in sandboxes.variables(PORT="1").items())
    (sandboxes.folder / ".env").write_text("\n".join(lines))
    async with running(sandboxes.folder, PORT=str(sandboxes.port)):
        await answer_of(f"{sandboxes.url}/readyz")


async def test_json_logs_are_one_json_object_per_line(sandboxes: Sandboxes) -> None:
    async with running(sandboxes.folder, **sandboxes.variables(LOG_FORMAT="json")) as process:
        await answer_of(f"{sandboxes.url}/readyz")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        async with asyncio.timeout(10):
            written = await process.stderr.read()
    lines = written.decode().splitlines()
    assert lines
    assert all(line.startswith("{") and line.endswith("}") for line in lines)
