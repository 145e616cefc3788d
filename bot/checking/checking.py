"""All points of an installation, in the order in which a person would mend them."""

import asyncio
from pathlib import Path
from typing import Final

from bot.checking import local, slack, weav
from bot.checking.findings import Finding, failed, ok, unchecked
from bot.settings import Settings

SETTINGS: Final = "Settings"
POINTS: Final = (local.DATABASE, *slack.POINTS, *weav.POINTS, local.MANIFEST)


async def examine(settings: Settings, folder: Path) -> list[Finding]:
    """Look at everything at once; `folder` is where manifest.yml may be. Never raises."""
    database, of_slack, of_weav = await asyncio.gather(
        local.database(settings.database_url), slack.examine(settings), weav.examine(settings)
    )
    manifest = local.manifest(folder / "manifest.yml")
    return [ok(SETTINGS, "complete and well-formed"), database, *of_slack, *of_weav, manifest]


def all_unchecked(problems: str) -> list[Finding]:
    """Say what `read_settings` found wrong; without settings nothing else can be looked at."""
    wrong = failed(
        SETTINGS,
        "; ".join(problems.splitlines()),
        "Set them in the environment or in .env; .env.example explains each.",
    )
    return [wrong, *(unchecked(point, "not checked, the settings come first") for point in POINTS)]
