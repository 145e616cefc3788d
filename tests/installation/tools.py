"""Programs that build and install, run to their end."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def path_of(name: str) -> str:
    """Find it, or end the test: in CI as a failure."""
    # `uv run` says where it is itself.
    path = os.environ.get("UV") if name == "uv" else None
    path = path or shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        missing = f"{name.upper()} IS MISSING: .ci/run installs it on Debian."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def own_environment() -> dict[str, str]:
    """Leave out what points to the environment that the tests themselves run in."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"VIRTUAL_ENV", "UV_NO_SYNC", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH"}
    }


def done(
    name: str, *arguments: str | Path, cwd: Path, variables: Mapping[str, str] | None = None
) -> str:
    """Give what it prints; fail with that unless it exits 0."""
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
