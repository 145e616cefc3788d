"""GitHub accepts the files in .github; only GitHub shows what it does with them."""

from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.documents.files import ROOT
from tests.installation.test_requirements import SUPPORTED
from tests.installation.tools import done

GITHUB: Final = ROOT / ".github"
WORKFLOW: Final = GITHUB / "workflows" / "ci.yml"
FORMS: Final = [each for each in GITHUB.glob("ISSUE_TEMPLATE/*.yml") if each.stem != "config"]
# https://check-jsonschema.readthedocs.io ships the schemas that GitHub's editors use.
SCHEMAS: Final = {
    "github-workflows": [WORKFLOW],
    "dependabot": [GITHUB / "dependabot.yml"],
    "github-issue-forms": FORMS,
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
}


@pytest.mark.long
@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_files_match_githubs_schemas(schema: str, tmp_path: Path) -> None:
    tool = ("tool", "run", "check-jsonschema==0.39.0", "--builtin-schema", f"vendor.{schema}")

    done("uv", *tool, *SCHEMAS[schema], cwd=tmp_path)


def test_the_workflow_runs_ci_on_every_supported_python() -> None:
    [job] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()

    assert job["strategy"]["matrix"]["python"] == SUPPORTED
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
