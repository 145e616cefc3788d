"""Coverage-guided fuzzing with atheris, where it is installed."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
@pytest.mark.timeout(180)
def test_no_bytes_raise_anything_but_malformed_payload(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    ended = subprocess.run(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "tests.strangers.coverage_guided", str(tmp_path)),
            *("-runs=200000", "-max_total_time=60", f"-artifact_prefix={tmp_path}/"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
