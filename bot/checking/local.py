"""What is looked at without Slack and Weav: the database, and the manifest file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from bot import manifest as own
from bot.checking.findings import Finding, failed, ok, unchecked
from bot.ledger import LedgerTooNew, LedgerUnavailable, inspect
from bot.slack.payloads import at

DATABASE: Final = "Database"
MANIFEST: Final = "Manifest"


async def database(database_url: str) -> Finding:
    try:
        condition = await inspect(database_url)
    except LedgerTooNew as error:
        return failed(DATABASE, str(error), "Install the newer release again.")
    except LedgerUnavailable as error:
        return failed(
            DATABASE, str(error), "See that DATABASE_URL is right and the bot may write there."
        )
    if condition.found == 0:
        return ok(DATABASE, f"{condition.kind}, can be made; the first start fills it")
    text = f"{condition.kind}, writable, version {condition.found}"
    if condition.found < condition.newest:
        text += f"; the next start brings it forward to {condition.newest}"
    return ok(DATABASE, text)


def manifest(file: Path) -> Finding:
    """Compare what Slack would be told with what the bot listens for."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return unchecked(MANIFEST, f"no {file.name} here")
    except (OSError, ValueError, yaml.YAMLError):
        return failed(MANIFEST, f"{file.name} cannot be read", _AGAIN)
    missing = list(_missing(found))
    if missing:
        return failed(MANIFEST, f"{file.name} lacks {', '.join(missing)}", _AGAIN)
    return ok(
        MANIFEST, f"{file.name} has the command, the shortcuts and the scopes of this release"
    )


_AGAIN: Final = (
    "Write it again with `weav-slack manifest > manifest.yml` (for HTTP with --request-url), and"
    " paste it into the app's settings in Slack (App Manifest)."
)


def _missing(found: object) -> Iterator[str]:
    wanted = yaml.safe_load(own.manifest())
    for section, name in (("slash_commands", "command"), ("shortcuts", "callback_id")):
        there = set(_names(at(found, "features", section), name))
        yield from sorted(set(_names(wanted["features"][section], name)) - there)
    scopes = at(found, "oauth_config", "scopes", "bot")
    there = set(scopes) if isinstance(scopes, list) else set()
    yield from sorted(f"scope {scope}" for scope in set(own.SCOPES) - there)
    interactivity = at(found, "settings", "interactivity")
    if at(interactivity, "request_url") and not at(interactivity, "message_menu_options_url"):
        yield "message_menu_options_url"


def _names(entries: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - YAML
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(value := at(entry, name), str):
            yield value
