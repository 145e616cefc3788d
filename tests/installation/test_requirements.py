"""The lists of exact versions and hashes match pyproject.toml."""

import re
import shlex
import shutil
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from tests.documents.files import ROOT
from tests.installation.tools import done

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SUPPORTED: Final = re.findall(
    r"^Programming Language :: Python :: (3\.\d+)$",
    "\n".join(PROJECT["project"]["classifiers"]),
    re.MULTILINE,
)
# Platforms in uv's words: the oldest maintained Linux, Alpine, and Apple's machines.
PLATFORMS: Final = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "x86_64-unknown-linux-musl",
    "aarch64-apple-darwin",
)
OPERATIONS: Final = Path("bot", "operations")
RUNTIME: Final = OPERATIONS / "requirements.txt"
BUILD: Final = OPERATIONS / "build-requirements.txt"
ASKED: Final = {
    RUNTIME: PROJECT["project"]["dependencies"],
    BUILD: PROJECT["build-system"]["requires"],
}
each_list = pytest.mark.parametrize("file", ASKED, ids=lambda file: file.stem)


def text_of(file: Path) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z\d-]+)==([\w.]+)", text_of(file), re.MULTILINE))


@each_list
def test_the_listed_version_of_each_dependency_satisfies_pyproject(file: Path) -> None:
    listed = pins(file)

    for asked in map(Requirement, ASKED[file]):
        assert asked.specifier.contains(listed[asked.name]), asked


@each_list
def test_every_line_is_a_version_or_one_of_its_hashes(file: Path) -> None:
    without_comments = re.sub(r"^\s*#.*\n", "", text_of(file), flags=re.MULTILINE)

    entry = re.compile(r"[a-z\d-]+==[\w.]+( ; [\w '!=]+)?( \\\n    --hash=sha256:[\da-f]{64})+\n")
    assert entry.sub("", without_comments) == ""


@each_list
def test_no_list_contains_an_address(file: Path) -> None:
    assert "://" not in text_of(file)
    assert "index" not in text_of(file)


@pytest.mark.long
@each_list
def test_the_command_at_the_top_of_the_list_reproduces_it(file: Path, tmp_path: Path) -> None:
    """The command keeps the present versions, so a new release alone changes nothing."""
    (tmp_path / OPERATIONS).mkdir(parents=True)
    shutil.copy(ROOT / file, tmp_path / file)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    [command] = re.findall(r"^#    (uv pip compile .*)$", text_of(file), re.MULTILINE)

    program, *arguments = shlex.split(command)
    done(program, *arguments, cwd=tmp_path)

    assert (tmp_path / file).read_text(encoding="utf-8") == text_of(file)


@pytest.mark.long
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", SUPPORTED)
def test_every_supported_python_finds_wheels(python: str, platform: str, tmp_path: Path) -> None:
    """Nothing has to be compiled; the Python itself need not be installed here."""
    for_others = ("--python-version", python, "--python-platform", platform, "--target", tmp_path)
    wheels = ("--dry-run", "--only-binary", ":all:", "--require-hashes", "-r", ROOT / RUNTIME)

    done("uv", "pip", "install", *for_others, *wheels, cwd=tmp_path)


@pytest.mark.long
def test_these_tests_run_with_the_listed_versions() -> None:
    """If this fails: uv pip install --require-hashes -r bot/operations/requirements.txt."""
    assert {name: version(name) for name in pins(RUNTIME)} == pins(RUNTIME)
