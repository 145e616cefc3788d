"""Runs programs that build and install."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def path_of(name: str) -> str:
    """Find the program; without it, skip the test, or fail it in CI."""
    # `uv run` tells where it is
    path = os.environ.get("UV") if name == "uv" else None
    path = path or shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        missing = f"{name.upper()} IS MISSING: .ci/run installs it on Debian."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def own_environment() -> dict[str, str]:
    """Leave out variables that point to the environment of the tests themselves."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"VIRTUAL_ENV", "UV_NO_SYNC", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH"}
    }


def python_of(version: str) -> str:
    """Find an installed Python of this version, or skip the test: uv would download one."""
    found = subprocess.run(  # noqa: S603 - the arguments are ours
        [path_of("uv"), "python", "find", "--no-project", "--no-python-downloads", version],
        env=own_environment() | _pyenv(),
        check=False,
        capture_output=True,
        text=True,
    )
    if found.returncode != 0:
        pytest.skip(f"PYTHON {version} IS NOT INSTALLED HERE.")
    return found.stdout.strip()


def _pyenv() -> dict[str, str]:
    """Its shims start a version only if it is named."""
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return {}
    versions = subprocess.check_output([pyenv, "versions", "--bare"], text=True)  # noqa: S603 - as above
    return {"PYENV_VERSION": ":".join(versions.split())}


def done(
    name: str, *arguments: str | Path, cwd: Path, variables: Mapping[str, str] | None = None
) -> str:
    """Return what it prints; fail with that text unless it exits 0."""
    finished = subprocess.run(  # noqa: S603 - the arguments are ours
        [path_of(name), *arguments],
        cwd=cwd,
        env=own_environment() | dict(variables or {}),
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
