"""Runs all checks of an installation; the findings come in the order to fix them in."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Final

from bot.check import local, slack, weav
from bot.check.findings import Finding, failed, ok, unchecked
from bot.logs import get_logger
from bot.settings import Settings

log = get_logger("weav_slack.checks")
SETTINGS: Final = "Settings"
POINTS: Final = (local.DATABASE, local.FOLLOWING, *slack.POINTS, *weav.POINTS, local.MANIFEST)


async def examine(settings: Settings, folder: Path) -> list[Finding]:
    """Run all checks concurrently; manifest.yml may be in `folder`. Never raises."""
    socket_mode = settings.slack_app_token is not None
    manifest = local.manifest(folder / "manifest.yml", socket_mode=socket_mode)
    found = await asyncio.gather(
        examine_safely([local.DATABASE, local.FOLLOWING], local.database(settings)),
        examine_safely(slack.POINTS, slack.examine(settings)),
        examine_safely(weav.POINTS, weav.examine(settings)),
        examine_safely([local.MANIFEST], manifest),
    )
    return [ok(SETTINGS, "complete and well-formed"), *(each for part in found for each in part)]


async def examine_safely(
    points: Sequence[str], examination: Awaitable[Sequence[Finding]]
) -> Sequence[Finding]:
    """Turn an exception in a check into a finding, so that the other checks still count."""
    try:
        return await examination
    except Exception as error:
        log.exception("not_examined", points=points)
        text = f"could not be looked at ({type(error).__name__})"
        mend = "This is a bug in weav-slack: please report it, with this line."
        rest = (unchecked(point, f"see {points[0]}") for point in points[1:])
        return [failed(points[0], text, mend), *rest]


def all_unchecked(problems: str) -> list[Finding]:
    """Report the problems that `read_settings` found; nothing else can be checked then."""
    wrong = failed(
        SETTINGS,
        "; ".join(problems.splitlines()),
        "Set them in the environment or in .env; .env.example explains each.",
    )
    return [wrong, *(unchecked(point, "not checked, the settings come first") for point in POINTS)]
