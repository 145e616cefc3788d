"""Checks the tokens, the scopes and the clock with Slack."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from prometheus_client import CollectorRegistry
from slack_sdk.errors import SlackApiError

from bot.access.members import USERS_READ
from bot.check.findings import Finding, failed, masked, note, ok, unchecked
from bot.manifest import SCOPES
from bot.metrics import Metrics
from bot.settings import Settings
from bot.slack.client import (
    REJECTED,
    Installation,
    SlackClient,
    code_of,
    slack_session,
)

TOKEN: Final = "Slack token"  # noqa: S105 - a heading
NEEDED: Final = "Slack scopes"
OPTIONAL: Final = "Slack optional scopes"
INCOMING: Final = "Slack's way in"
CLOCK: Final = "Clock"
POINTS: Final = (TOKEN, NEEDED, OPTIONAL, INCOMING, CLOCK)
# What happens without each, so that nobody grants a scope for nothing.
OPTIONAL_SCOPES: Final = {
    USERS_READ: "guests cannot be told from members, so SLACK_ALLOW_GUESTS=false has no effect",
    "channels:read": "shared public channels get the whole card",
    "groups:read": "shared private channels get the whole card",
}
_REINSTALL: Final = "Add them under OAuth & Permissions and install the app again"
_SIGNING_SECRET: Final = re.compile(r"[0-9a-f]{32}")
# Slack's requests are valid for 300 s; a clock that is a minute off will drift further.
_MOST_SECONDS: Final = 60.0
_ADDRESS: Final = "Check that SLACK_API_URL is right, and that this machine can reach it."
_COPY: Final = "Install the app if needed, and copy SLACK_BOT_TOKEN from OAuth & Permissions again."
_LATER: Final = "That says nothing about the token. Check again in a minute."
# In addition to REJECTED, for a method that needs a scope.
_WITHOUT_SCOPE: Final = frozenset({"missing_scope", "no_permission"})
_ERRORS: Final = (SlackApiError, aiohttp.ClientError, TimeoutError, ValueError, OSError)


async def examine(settings: Settings) -> list[Finding]:
    installation, bot_token = Installation(), settings.slack_bot_token.get_secret_value()
    shown = masked(bot_token)
    async with slack_session() as session:
        client = SlackClient(
            bot_token,
            settings.slack_api_url,
            session,
            Metrics(CollectorRegistry()),
            installation,
        )
        try:
            answer = await client.auth_test()
        except _ERRORS as error:
            headers = getattr(getattr(error, "response", None), "headers", {})
            refused = _failure(TOKEN, settings, error, REJECTED, f"{shown} is not accepted", _COPY)
            token = [refused, *_unknown_scopes("without an accepted token")]
        else:
            headers = answer.headers
            token = [_accepted(shown, answer), *_scopes(installation)]
        return [*token, await _incoming(settings, client), _clock(headers)]


def _accepted(shown: str, answer: Any) -> Finding:  # noqa: ANN401 - the SDK's response
    if answer.get("is_enterprise_install"):
        return _of_an_organisation(shown, answer)
    team = f"{answer.get('team')} ({answer.get('team_id')})"
    if enterprise_id := answer.get("enterprise_id"):
        team += f" of the organisation {enterprise_id}"
    return ok(TOKEN, f"{shown} is accepted: workspace {team}, bot {answer.get('user_id')}")


def _of_an_organisation(shown: str, answer: Any) -> Finding:  # noqa: ANN401 - the SDK's response
    """Describe the token of a whole organisation; `team` may be null, as in its other payloads.

    https://api.slack.com/enterprise/apps/reference
    """
    enterprise_id = answer.get("enterprise_id") or answer.get("team_id")
    named = f"{answer['team']} ({enterprise_id})" if answer.get("team") else enterprise_id
    text = (
        f"{shown} is accepted, but is a token of the whole organisation {named}. The bot is made"
        " for one workspace: here everybody in the organisation may use it, and where Slack names"
        " no workspace, status leaves out submissions and cards do not link to their message"
    )
    mend = (
        "Install the app in one workspace (OAuth & Permissions → Install to Workspace) and copy its"
        " Bot User OAuth Token to SLACK_BOT_TOKEN."
    )
    return note(TOKEN, text, mend)


def _failure(
    point: str,
    settings: Settings,
    error: Exception,
    rejected: frozenset[str],
    refused: str,
    mend: str,
) -> Finding:
    """Describe an error; `refused` and `mend` are for a code of Slack's in `rejected`."""
    url = settings.slack_api_url
    if not isinstance(error, SlackApiError):
        return failed(point, f"Slack is not reached at {url} ({type(error).__name__})", _ADDRESS)
    code = code_of(error.response)
    if not code:
        return failed(point, f"no answer of Slack's at {url}", _ADDRESS)
    if code not in rejected:
        return failed(point, f"Slack answered {code}", _LATER)
    return failed(point, f"{refused} ({code})", mend)


def _unknown_scopes(why: str) -> list[Finding]:
    return [unchecked(point, why) for point in (NEEDED, OPTIONAL)]


def _scopes(installation: Installation) -> list[Finding]:
    granted = installation.scopes
    if granted is None:
        return _unknown_scopes("Slack did not name them")
    needed, optional = ok(NEEDED, ", ".join(SCOPES)), ok(OPTIONAL, ", ".join(OPTIONAL_SCOPES))
    if missing := [scope for scope in SCOPES if scope not in granted]:
        needed = failed(NEEDED, f"missing: {', '.join(missing)}", f"{_REINSTALL}.")
    if without := OPTIONAL_SCOPES.keys() - granted:
        text = "; ".join(f"without {each} {OPTIONAL_SCOPES[each]}" for each in sorted(without))
        optional = note(OPTIONAL, text, f"{_REINSTALL}, if you want that.")
    return [needed, optional]


async def _incoming(settings: Settings, client: SlackClient) -> Finding:
    if settings.slack_app_token is not None:
        return await _app_token(settings, settings.slack_app_token.get_secret_value(), client)
    secret = settings.slack_signing_secret
    shown = masked(secret.get_secret_value() if secret else "")
    if secret is None or not _SIGNING_SECRET.fullmatch(secret.get_secret_value()):
        text = f"HTTP; SLACK_SIGNING_SECRET {shown} does not look like one (32 hexadecimal digits)"
        return note(INCOMING, text, "Compare it with Basic Information → Signing Secret.")
    text = f"HTTP; SLACK_SIGNING_SECRET {shown}; only a request could tell if it is this app's"
    return ok(INCOMING, text)


async def _app_token(settings: Settings, app_token: str, client: SlackClient) -> Finding:
    """Ask for a WebSocket URL, and do not use it.

    https://docs.slack.dev/reference/methods/apps.connections.open
    """
    named = f"Socket Mode; SLACK_APP_TOKEN {masked(app_token)}"
    mend = "Make one under Basic Information → App-Level Tokens with the scope connections:write."
    try:
        await client.apps_connections_open(app_token=app_token)
    except _ERRORS as error:
        rejected = REJECTED | _WITHOUT_SCOPE
        return _failure(INCOMING, settings, error, rejected, f"{named} opens nothing", mend)
    return ok(INCOMING, f"{named} opens a connection")


def _clock(headers: Mapping[str, str]) -> Finding:
    """Compare our clock with the Date header, which is in whole seconds.

    https://www.rfc-editor.org/rfc/rfc9110#field.date
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        difference = time.time() - parsedate_to_datetime(lowered["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return unchecked(CLOCK, "Slack sent no time")
    if abs(difference) <= _MOST_SECONDS:
        return ok(CLOCK, f"{abs(difference):.0f} s from Slack's")
    way = "ahead of" if difference > 0 else "behind"
    text = f"{abs(difference):.0f} s {way} Slack's; from 300 s on, its requests are refused"
    return failed(CLOCK, text, "Set this machine's clock by NTP.")
