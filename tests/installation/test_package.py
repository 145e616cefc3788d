"""The wheel and the sdist work without a clone."""

import asyncio
import json
import os
import re
import shlex
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest
from playwright.async_api import expect

from bot import VERSION
from bot.manifest import manifest
from tests.browser.chromium import chromium, chromium_path
from tests.browser.tabs import JANE, TIMEOUT, Tabs
from tests.documents.files import DOCUMENTS, ROOT, USERS, links, text_of
from tests.harness import Mode
from tests.installation.conftest import Tell
from tests.installation.test_requirements import RUNTIME, SUPPORTED, pins
from tests.installation.tools import done, own_environment, path_of, python_of
from tests.process import running, weav_slack
from tests.sandboxes import Sandboxes

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

# Development tools, which trying the bot does not install.
OF_DEVELOPERS: Final = {"playwright", "mypy", "ruff", "pytest", "hypothesis"}


@dataclass(frozen=True, slots=True)
class Built:
    sdist: Path
    wheel: Path


@dataclass(frozen=True, slots=True)
class Installed:
    environment: Path

    @property
    def program(self) -> tuple[str]:
        return (str(self.environment / "bin" / "weav-slack"),)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build as uv does by default: the wheel from the sdist, so without the clone."""
    folder = tmp_path_factory.mktemp("dist")
    done("uv", "build", "--out-dir", folder, ROOT, cwd=folder)
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="module", params=SUPPORTED)
def installed(
    request: pytest.FixtureRequest, built: Built, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """Install the wheel and its listed dependencies into an empty environment."""
    python = python_of(request.param)
    environment = tmp_path_factory.mktemp("installed") / "environment"
    folder = environment.parent
    done("uv", "venv", "--no-project", "--python", python, environment, cwd=folder)
    asked = ("--constraint", ROOT / RUNTIME, built.wheel)
    done("uv", "pip", "install", "--python", environment, *asked, cwd=folder)
    return Installed(environment)


@pytest.fixture
def unpacked(built: Built, tmp_path: Path) -> Path:
    """A clone without its history."""
    with tarfile.open(built.sdist) as sdist:
        sdist.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    return folder


async def address_of_sandbox(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(120):
        said = (await process.stdout.readline()).decode()
    [url] = re.findall(r"http://\S+", said)
    return str(url)


def test_the_dependencies_are_the_listed_ones(installed: Installed) -> None:
    arguments = ("pip", "list", "--python", installed.environment, "--format", "json")
    said = json.loads(done("uv", *arguments, cwd=installed.environment))

    there = {each["name"]: each["version"] for each in said}
    assert there.pop("weav-slack") == VERSION
    assert there.items() <= pins(RUNTIME).items()


async def test_a_user_opens_a_conversation_in_the_packaged_sandbox(
    installed: Installed, tmp_path: Path
) -> None:
    async with (
        chromium(chromium_path()) as browser,
        running(tmp_path, ("sandbox", "--port", "0"), installed.program) as process,
    ):
        tabs = Tabs(browser, await address_of_sandbox(process))
        ann = await tabs.open()
        await ann.command("Export hangs")
        await ann.fill_in(JANE)
        await ann.submit()

        await expect(ann.cards).to_have_count(1, timeout=TIMEOUT)
        await tabs.close()
        process.terminate()
        assert await process.wait() == 0
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - asynchronous code has no use of Path


async def test_it_writes_the_manifest_and_checks_the_installation(
    installed: Installed, sandboxes: Sandboxes
) -> None:
    url = "https://bot.example/slack/events"
    printed = await weav_slack(
        "manifest", "--request-url", url, cwd=sandboxes.folder, program=installed.program
    )
    (sandboxes.folder / "manifest.yml").write_text(printed.out, encoding="utf-8")

    checked = await weav_slack(
        "check", cwd=sandboxes.folder, program=installed.program, **sandboxes.variables()
    )

    assert printed.out == manifest(url)
    assert "Manifest: " in checked.out
    assert f"weav-slack {VERSION}: everything that could be checked is well." in checked.out
    assert (checked.code, checked.err) == (0, "")


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_it_does_the_main_job_and_drains_on_sigterm(
    installed: Installed, sandboxes: Sandboxes, mode: Mode
) -> None:
    variables = sandboxes.variables(mode)
    async with running(sandboxes.folder, program=installed.program, **variables) as process:
        await sandboxes.expect_main_job_and_clean_exit(process, mode, process.terminate)


def test_its_types_can_be_checked_by_users(built: Built) -> None:
    with ZipFile(built.wheel) as wheel:
        assert {"bot/py.typed", "handlers/py.typed"} <= set(wheel.namelist())


def test_the_sdist_has_everything_that_the_documents_link_to(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        [top] = {name.partition("/")[0] for name in sdist.getnames()}
        files = {name.removeprefix(f"{top}/") for name in sdist.getnames()}

    led_to = {
        (document.parent / path).resolve().relative_to(ROOT)
        for document in DOCUMENTS
        for path, _ in links(document)
        if path
    }
    assert {str(path) for path in led_to if (ROOT / path).is_file()} - files == set()


async def test_trying_it_installs_only_the_bots_own_packages(unpacked: Path, tell: Tell) -> None:
    [command] = re.findall(r"^    pip install uv && (uv .+ sandbox)$", text_of(USERS), re.MULTILINE)
    _, *arguments = shlex.split(command)

    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        path_of("uv"),
        *(*arguments, "--port", "0"),
        cwd=unpacked,
        env=own_environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await address_of_sandbox(process)
        seconds = time.monotonic() - began
    finally:
        if process.returncode is None:
            process.terminate()
    assert await process.wait() == 0

    names, size = packages_in(unpacked / ".venv")
    tell(f"to try it: {size / 1_000_000:.0f} MB, {seconds:.1f} s with what uv has kept")
    assert "bot" not in names  # run from where it was unpacked
    assert "slack_bolt" in names
    assert names & OF_DEVELOPERS == set()


def packages_in(environment: Path) -> tuple[set[str], int]:
    """The installed packages, and their total size in bytes."""
    [packages] = environment.glob("lib/python*/site-packages")
    files = [each for each in packages.rglob("*") if each.is_file()]
    return {each.name for each in packages.iterdir()}, sum(each.stat().st_size for each in files)
