"""systemd accepts the unit file, and finds little that the bot could harm."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.documents.files import ROOT
from tests.installation.conftest import Tell
from tests.installation.tools import done

pytestmark = pytest.mark.long

UNIT: Final = ROOT / "bot" / "operations" / "weav-slack.service"
PROGRAM: Final = "opt/weav-slack/bin/weav-slack"
# Debian's own units, which our unit names.
UNITS: Final = Path("usr/lib/systemd/system")
# The maximum is 10, a service without any protection. The rest is the network, which the bot needs.
MOST_EXPOSED: Final = 1.5


def test_systemd_accepts_the_unit_file(tmp_path: Path) -> None:
    shutil.copytree("/" / UNITS, tmp_path / UNITS, symlinks=True)
    shutil.copy(UNIT, tmp_path / UNITS)
    program = tmp_path / PROGRAM
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)

    # systemd prints unknown names or values as a line, and does not fail.
    verify = f"systemd-analyze verify --man=no --root={tmp_path} /{UNITS / UNIT.name} 2>&1"
    said = done("sh", "-c", verify, cwd=tmp_path)

    assert [line for line in said.splitlines() if UNIT.name in line] == []


def test_the_service_is_restricted_to_what_it_needs(tmp_path: Path, tell: Tell) -> None:
    said = done("systemd-analyze", "security", "--offline=yes", UNIT, cwd=tmp_path)

    [score] = re.findall(r"exposure level for weav-slack.service: ([\d.]+)", said)
    tell(f"exposure of weav-slack.service: {score} of 10")
    assert float(score) <= MOST_EXPOSED
