"""The image is built as an operator builds it, and its command does the main job."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bot import VERSION
from tests.house import Mode
from tests.installation.conftest import Tell
from tests.installation.image import Image, built, stop
from tests.outside import Outside
from tests.process import answer_of

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
    """The volume: an empty one gets the owner of its place in the image."""
    volume = tmp_path / "volume"
    volume.mkdir()
    owner = (image.root / "data").stat()
    os.chown(volume, owner.st_uid, owner.st_gid)
    return volume


def variables(outside: Outside, mode: Mode) -> dict[str, str]:
    """Leave the database to the default, which is in the volume."""
    given = outside.variables(mode)
    del given["DATABASE_URL"]
    return given


def test_its_layers_are_small(image: Image, tell: Tell) -> None:
    megabytes = sum(image.sizes) / 1_000_000
    tell(f"layers on top of the base image: {megabytes:.0f} MB, not compressed")

    assert megabytes <= MOST_MEGABYTES


def test_it_says_what_it_is(image: Image) -> None:
    labels = image.config["Labels"]

    assert labels["org.opencontainers.image.version"] == VERSION
    assert labels["org.opencontainers.image.description"]
    assert "org.opencontainers.image.source" in labels
    assert image.config["StopSignal"] == "SIGTERM"
    assert list(image.config["Volumes"]) == [image.config["WorkingDir"]]


def test_no_tools_of_the_build_are_left(image: Image) -> None:
    installed = {
        each.name for each in image.root.glob("opt/weav-slack/lib/python*/site-packages/*")
    }

    assert "bot" in installed
    assert installed & {"pip", "hatchling", "setuptools"} == set()
    assert not (image.root / "tools").exists()


async def test_it_can_write_to_its_volume_alone(image: Image, data: Path) -> None:
    places = ("/", "/opt/weav-slack", "/etc", "/data")

    _, said = await image.output_of(data, "python", "-c", WRITE, *places)

    assert said.split("\n")[:-1] == ["Read-only file system"] * 3 + ["written"]


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_it_does_the_main_job_and_drains_at_sigterm(
    image: Image, data: Path, outside: Outside, mode: Mode
) -> None:
    async with image.running(data, **variables(outside, mode)) as process:
        await outside.sees_the_main_job_and_a_clean_end(
            process, mode, lambda: stop(process, signal.SIGTERM)
        )
    assert (data / "weav-slack.db").exists()


async def test_its_health_check_asks_the_bot(image: Image, data: Path, outside: Outside) -> None:
    kind, *command = image.config["Healthcheck"]["Test"]
    assert kind == "CMD"  # and not CMD-SHELL
    given = variables(outside, "http")

    before, _ = await image.output_of(data, *command, **given)
    async with image.running(data, **given):
        await answer_of(f"{outside.url}/healthz")
        while_running, _ = await image.output_of(data, *command, **given)

    assert (before, while_running) == (1, 0)


async def test_its_other_commands_are_arguments(image: Image, data: Path) -> None:
    async with image.running(data, "manifest") as process:
        out, _ = await process.communicate()

    assert b"/weav-conversation" in out
