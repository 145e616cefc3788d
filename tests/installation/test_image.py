"""The image is built as operators build it, and its command does the main job."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bot import VERSION
from tests.harness import Mode
from tests.installation.conftest import Tell
from tests.installation.image import Image, built, stop
from tests.process import answer_of
from tests.sandboxes import Sandboxes

pytestmark = [pytest.mark.long, pytest.mark.timeout(420)]

MOST_MEGABYTES: Final = 120
WRITE: Final = """
import sys
for place in sys.argv[1:]:
    try:
        open(place + "/file", "w").close()
        print("written")
    except OSError as error:
        print(error.strerror)
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with built() as image:
        yield image


@pytest.fixture
def data(image: Image, tmp_path: Path) -> Path:
    """The volume; an empty one gets the owner of its mount point in the image."""
    volume = tmp_path / "volume"
    volume.mkdir()
    owner = (image.root / "data").stat()
    os.chown(volume, owner.st_uid, owner.st_gid)
    return volume


def variables(sandboxes: Sandboxes, mode: Mode) -> dict[str, str]:
    """Leave out the database: the default is in the volume."""
    given = sandboxes.variables(mode)
    del given["DATABASE_URL"]
    return given


def test_the_layers_are_small(image: Image, tell: Tell) -> None:
    megabytes = sum(image.sizes) / 1_000_000
    tell(f"layers on top of the base image: {megabytes:.0f} MB, not compressed")

    assert megabytes <= MOST_MEGABYTES


def test_the_image_describes_itself(image: Image) -> None:
    labels = image.config["Labels"]

    assert labels["org.opencontainers.image.version"] == VERSION
    assert labels["org.opencontainers.image.description"]
    assert "org.opencontainers.image.source" in labels
    assert image.config["StopSignal"] == "SIGTERM"
    assert list(image.config["Volumes"]) == [image.config["WorkingDir"]]


def test_no_build_tools_are_left(image: Image) -> None:
    installed = {
        each.name for each in image.root.glob("opt/weav-slack/lib/python*/site-packages/*")
    }

    assert "bot" in installed
    assert installed & {"pip", "hatchling", "setuptools"} == set()
    assert not (image.root / "tools").exists()


async def test_the_bot_can_write_only_to_its_volume(image: Image, data: Path) -> None:
    places = ("/", "/opt/weav-slack", "/etc", "/data")

    _, said = await image.output_of(data, "python", "-c", WRITE, *places)

    assert said.split("\n")[:-1] == ["Read-only file system"] * 3 + ["written"]


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_it_does_the_main_job_and_drains_on_sigterm(
    image: Image, data: Path, sandboxes: Sandboxes, mode: Mode
) -> None:
    async with image.running(data, **variables(sandboxes, mode)) as process:
        await sandboxes.expect_main_job_and_clean_exit(
            process, mode, lambda: stop(process, signal.SIGTERM)
        )
    assert (data / "weav-slack.db").exists()


async def test_the_health_check_asks_the_bot(
    image: Image, data: Path, sandboxes: Sandboxes
) -> None:
    kind, *command = image.config["Healthcheck"]["Test"]
    assert kind == "CMD"  # and not CMD-SHELL
    given = variables(sandboxes, "http")

    before, _ = await image.output_of(data, *command, **given)
    async with image.running(data, **given):
        await answer_of(f"{sandboxes.url}/healthz")
        while_running, _ = await image.output_of(data, *command, **given)

    assert (before, while_running) == (1, 0)


async def test_other_commands_are_arguments(image: Image, data: Path) -> None:
    async with image.running(data, "manifest") as process:
        out, _ = await process.communicate()

    assert b"/weav-conversation" in out
