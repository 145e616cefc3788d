"""The compose file is correct; without a registry, nothing can be started from it."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.documents.files import ROOT
from tests.installation.image import DOCKERFILE
from tests.installation.tools import done

pytestmark = pytest.mark.long

FILE: Final = ROOT / "bot" / "operations" / "compose.yml"


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Any]:
    """The services as compose reads them, with the example's settings and a password."""
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    with (tmp_path / ".env").open("a", encoding="utf-8") as env:
        env.write("POSTGRES_PASSWORD=secret\n")
    read = done("docker-compose", "--project-directory", ".", "-f", FILE, "config", cwd=tmp_path)
    document: dict[str, Any] = yaml.safe_load(read)
    services: dict[str, Any] = document["services"]
    return services


def test_the_bot_waits_for_its_database_to_be_healthy(services: dict[str, Any]) -> None:
    bot, postgres = services["bot"], services["postgres"]

    names = postgres["environment"]
    user, password = names["POSTGRES_USER"], names["POSTGRES_PASSWORD"]
    address = f"postgresql://{user}:{password}@postgres/{names['POSTGRES_DB']}"
    assert bot["environment"]["DATABASE_URL"] == address
    assert bot["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "pg_isready" in postgres["healthcheck"]["test"]


def test_the_bot_is_built_from_the_image_and_restricted(services: dict[str, Any]) -> None:
    bot = services["bot"]

    assert bot["build"]["dockerfile"] == str(DOCKERFILE.relative_to(ROOT))
    assert bot["read_only"]
    assert bot["tmpfs"] == ["/tmp"]  # noqa: S108 - of the container
    assert bot["cap_drop"] == ["ALL"]
    assert bot["security_opt"] == ["no-new-privileges:true"]


def test_replicas_share_no_port_and_no_volume(services: dict[str, Any]) -> None:
    bot = services["bot"]

    assert bot["deploy"]["replicas"] == 1
    assert bot.keys() & {"ports", "volumes", "container_name"} == set()


def test_no_committed_file_contains_the_password() -> None:
    text = json.dumps(yaml.safe_load(FILE.read_text(encoding="utf-8")))

    assert text.count("POSTGRES_PASSWORD:?") == 2
