"""Runs Prometheus's own checker of rules and expressions (Debian: `prometheus`)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MISSING = (
    "ALERTS AND DASHBOARD NOT CHECKED: there is no promtool on the PATH. Install it (Debian: apt"
    " install prometheus) and run: uv run pytest tests/operations"
)


def promtool(*arguments: str | Path) -> None:
    """Fail with what it prints, unless it exits 0."""
    path = shutil.which("promtool")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    done = subprocess.run(  # noqa: S603 - the arguments are ours
        [path, *arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
