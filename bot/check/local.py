"""Checks the database and the manifest file, without Slack and Weav."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from bot import manifest as own
from bot.check.findings import Finding, failed, note, ok, unchecked
from bot.ledger import Inspection, LedgerTooNew, LedgerUnavailable, inspect
from bot.settings import Settings
from bot.slack import ids
from bot.slack.payloads import at, list_at
from bot.slack.text import duration

DATABASE: Final = "Database"
FOLLOWING: Final = "Cards follow Weav"
MANIFEST: Final = "Manifest"
_KEEP: Final = (
    "A manifest replaces all of the app's settings, so when you paste it, keep the optional scopes"
    " that the app has under oauth_config.scopes.bot."
)
_FOLLOW: Final = (
    "Make a webhook in Weav and set its secret; or set WEAV_REFRESH_EVERY if no webhook can reach"
    " the bot."
)
_WEBHOOK: Final = (
    "Check that Weav's webhook points to https://your.host/weav/webhooks, that it is active, and"
    " that its secret is WEAV_WEBHOOK_SECRET."
)
_AGAIN: Final = (
    "Write it again with `weav-slack manifest > manifest.yml` (for HTTP with --request-url), and"
    f" paste it into the app's settings in Slack (App Manifest). {_KEEP}"
)
_FOR_HTTP: Final = (
    "Check that the app's settings in Slack (App Manifest) have what `weav-slack manifest"
    f" --request-url URL` prints. {_KEEP}"
)


async def database(settings: Settings) -> list[Finding]:
    try:
        inspection = await inspect(settings.database_url)
    except LedgerTooNew as error:
        found = failed(DATABASE, str(error), "Install the newer release again.")
    except LedgerUnavailable as error:
        mend = "Check that DATABASE_URL is right and that the bot may write there."
        found = failed(DATABASE, str(error), mend)
    else:
        return [_database(inspection), _following(settings, inspection.last_webhook)]
    return [found, unchecked(FOLLOWING, f"see {DATABASE}")]


def _database(inspection: Inspection) -> Finding:
    if inspection.version == 0:
        return ok(DATABASE, f"{inspection.kind}, can be set up; the first start does it")
    text = f"{inspection.kind}, writable, version {inspection.version}"
    if inspection.version < inspection.newest_version:
        text += f"; the next start migrates it to {inspection.newest_version}"
    return ok(DATABASE, text)


def _following(settings: Settings, last_webhook: float | None) -> Finding:
    """Say how cards follow Weav: by webhooks, by looking, or not at all."""
    looks = ""
    if every := settings.weav_refresh_every:
        looks = f"looks at open conversations every {every:g} min"
    if settings.weav_webhook_secret is None:
        if looks:
            return ok(FOLLOWING, f"{looks}; WEAV_WEBHOOK_SECRET is not set")
        return note(FOLLOWING, "not at all: WEAV_WEBHOOK_SECRET is not set", _FOLLOW)
    also = f"; also {looks}" if looks else ""
    if last_webhook is None:
        return note(FOLLOWING, f"by webhooks, of which none was accepted yet{also}", _WEBHOOK)
    ago = duration(last_webhook, "s", "min")
    return ok(FOLLOWING, f"by webhooks, the last one accepted {ago} ago{also}")


async def manifest(file: Path, *, socket_mode: bool) -> list[Finding]:
    """Compare the manifest file with what this release and its settings need.

    It runs in a thread, because YAML is slow: 20,000 lines take a second, and the file may be
    anything.
    """
    return [await asyncio.to_thread(_manifest, file, socket_mode=socket_mode)]


def _manifest(file: Path, *, socket_mode: bool) -> Finding:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return unchecked(MANIFEST, f"no {file.name} here")
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return failed(MANIFEST, f"{file.name} cannot be read", _AGAIN)
    if not socket_mode and found == yaml.safe_load(own.manifest()):
        # Every clone of the release has this file, so it says nothing about the app in Slack.
        text = f"{file.name} is the release's, for Socket Mode; without SLACK_APP_TOKEN it is HTTP"
        return note(MANIFEST, text, _FOR_HTTP)
    if missing := list(_missing(found)):
        return failed(MANIFEST, f"{file.name} lacks {', '.join(missing)}", _AGAIN)
    if wrong := list(_wrong_ways(found, socket_mode=socket_mode)):
        return failed(MANIFEST, f"{file.name}: {'; '.join(wrong)}", _AGAIN)
    way = "Socket Mode" if socket_mode else "HTTP"
    text = f"{file.name} has the command, the shortcuts and the scopes of this release, for {way}"
    return ok(MANIFEST, text)


def _missing(found: object) -> Iterator[str]:
    wanted = yaml.safe_load(own.manifest())
    for section, name in (("slash_commands", "command"), ("shortcuts", "callback_id")):
        there = set(_names(at(found, "features", section), name))
        yield from sorted(set(_names(wanted["features"][section], name)) - there)
    scopes = list_at(found, "oauth_config", "scopes", "bot")
    yield from (f"scope {scope}" for scope in sorted(own.SCOPES) if scope not in scopes)
    if at(found, "features", "app_home", "home_tab_enabled") is not True:
        yield "the home tab"
    events = list_at(found, "settings", "event_subscriptions", "bot_events")
    yield from (f"event {event}" for event in own.EVENTS if event not in events)


def _wrong_ways(found: object, *, socket_mode: bool) -> Iterator[str]:
    """Compare with https://docs.slack.dev/reference/app-manifest#settings."""
    if at(found, "settings", "interactivity", "is_enabled") is not True:
        yield "interactivity is not enabled, so nobody can submit a form"
    enabled = at(found, "settings", "socket_mode_enabled") is True
    if socket_mode and not enabled:
        yield "Socket Mode is not enabled, and SLACK_APP_TOKEN is set"
    elif enabled and not socket_mode:
        yield "Socket Mode is enabled, and SLACK_APP_TOKEN is not set"
    elif not socket_mode:
        yield from (f"{where} is no https:// address" for where in _without_address(found))


def _without_address(found: object) -> Iterator[str]:
    commands = at(found, "features", "slash_commands")
    ours = next((each for each in commands if at(each, "command") == ids.COMMAND), None)
    places = {"the command's url": at(ours, "url")}
    for name in ("request_url", "message_menu_options_url"):
        places[name] = at(found, "settings", "interactivity", name)
    places["the events' request_url"] = at(found, "settings", "event_subscriptions", "request_url")
    for where, address in places.items():
        if not (isinstance(address, str) and address.startswith("https://")):
            yield where


def _names(entries: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - YAML
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(value := at(entry, name), str):
            yield value
