"""What Slack says of the tokens, the scopes and the clock."""

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
    code_in,
    slack_client,
    slack_session,
    split_scopes,
)

TOKEN: Final = "Slack token"  # noqa: S105 - a heading
NEEDED: Final = "Slack scopes"
OPTIONAL: Final = "Slack optional scopes"
INCOMING: Final = "Slack's way in"
CLOCK: Final = "Clock"
POINTS: Final = (TOKEN, NEEDED, OPTIONAL, INCOMING, CLOCK)
# What they are for, so that nobody grants them for nothing.
OPTIONAL_SCOPES: Final = {
    USERS_READ: "guests cannot be told from members, so SLACK_ALLOW_GUESTS=false has no effect",
    "channels:read": "shared public channels get the whole card",
    "groups:read": "shared private channels get the whole card",
}
_REINSTALL: Final = "Add them under OAuth & Permissions and install the app again."
_SIGNING_SECRET: Final = re.compile(r"[0-9a-f]{32}")
# Slack's requests are good for 300 s; what is more than a minute off will be too much one day.
_MOST_SECONDS: Final = 60.0
_ADDRESS: Final = "See that SLACK_API_URL is right, and that this machine may reach it."
_LATER: Final = "That says nothing of the token. Check again in a minute."
# Besides REJECTED, for a method that needs a scope.
_WITHOUT_SCOPE: Final = frozenset({"missing_scope", "no_permission"})


async def examine(settings: Settings) -> list[Finding]:
    async with slack_session() as session:
        client = slack_client(
            settings.slack_bot_token.get_secret_value(),
            settings.slack_api_url,
            session,
            Metrics(CollectorRegistry()),
            Installation(),
        )
        headers: Mapping[str, str] = {}
        try:
            answer = await client.auth_test()
        except SlackApiError as error:
            headers = getattr(error.response, "headers", {})
            token = [_rejected(settings, error), *_scopes_unknown()]
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            token = [_unreached(settings, error), *_scopes_unknown()]
        else:
            headers = answer.headers
            token = [_accepted(settings, answer), *_scopes(headers)]
        return [*token, await _door(settings, client), _clock(headers)]


def _accepted(settings: Settings, answer: Any) -> Finding:  # noqa: ANN401 - the SDK's response
    shown = masked(settings.slack_bot_token.get_secret_value())
    if answer.get("is_enterprise_install"):
        return _of_an_organisation(shown, answer)
    team = f"{answer.get('team')} ({answer.get('team_id')})"
    if enterprise_id := answer.get("enterprise_id"):
        team += f" of the organisation {enterprise_id}"
    return ok(TOKEN, f"{shown} is accepted: workspace {team}, bot {answer.get('user_id')}")


def _of_an_organisation(shown: str, answer: Any) -> Finding:  # noqa: ANN401 - the SDK's response
    """Read an answer in which a workspace may be missing (`team` null), as in other payloads then.

    https://api.slack.com/enterprise/apps/reference
    """
    enterprise_id = answer.get("enterprise_id") or answer.get("team_id")
    named = f"{answer['team']} ({enterprise_id})" if answer.get("team") else enterprise_id
    text = (
        f"{shown} is accepted, but is a token of the whole organisation {named}. The bot is made"
        " for one workspace: here all of the organisation may use it, and where Slack names no"
        " workspace, status leaves submissions out and cards do not lead to their message"
    )
    mend = (
        "Install the app in one workspace (OAuth & Permissions → Install to Workspace) and copy its"
        " Bot User OAuth Token to SLACK_BOT_TOKEN."
    )
    return note(TOKEN, text, mend)


def _rejected(settings: Settings, error: SlackApiError) -> Finding:
    code = code_in(error.response)
    if not code:
        return failed(TOKEN, f"no answer of Slack's at {settings.slack_api_url}", _ADDRESS)
    if code not in REJECTED:
        return failed(TOKEN, f"Slack answered {code}", _LATER)
    shown = masked(settings.slack_bot_token.get_secret_value())
    mend = "Copy SLACK_BOT_TOKEN from OAuth & Permissions again; install the app if it is not."
    return failed(TOKEN, f"{shown} is not accepted ({code})", mend)


def _unreached(settings: Settings, error: Exception) -> Finding:
    text = f"Slack is not reached at {settings.slack_api_url} ({type(error).__name__})"
    return failed(TOKEN, text, _ADDRESS)


def _scopes_unknown() -> list[Finding]:
    return [unchecked(point, "without an accepted token") for point in (NEEDED, OPTIONAL)]


def _scopes(headers: Mapping[str, str]) -> list[Finding]:
    lowered = {name.lower(): value for name, value in headers.items()}
    if "x-oauth-scopes" not in lowered:
        return [unchecked(point, "Slack did not tell them") for point in (NEEDED, OPTIONAL)]
    granted = split_scopes(lowered["x-oauth-scopes"])
    return [_needed(granted), _optional(granted)]


def _needed(granted: frozenset[str]) -> Finding:
    if missing := [scope for scope in SCOPES if scope not in granted]:
        return failed(NEEDED, f"missing: {', '.join(missing)}", _REINSTALL)
    return ok(NEEDED, ", ".join(SCOPES))


def _optional(granted: frozenset[str]) -> Finding:
    missing = {scope: why for scope, why in OPTIONAL_SCOPES.items() if scope not in granted}
    if not missing:
        return ok(OPTIONAL, ", ".join(OPTIONAL_SCOPES))
    without = "; ".join(f"without {scope} {why}" for scope, why in missing.items())
    return note(OPTIONAL, without, f"If you want that: {_REINSTALL[0].lower()}{_REINSTALL[1:]}")


async def _door(settings: Settings, client: SlackClient) -> Finding:
    if settings.slack_app_token is not None:
        return await _app_token(settings.slack_app_token.get_secret_value(), client)
    secret = settings.slack_signing_secret
    shown = masked(secret.get_secret_value() if secret else "")
    if secret is None or not _SIGNING_SECRET.fullmatch(secret.get_secret_value()):
        text = f"HTTP; SLACK_SIGNING_SECRET {shown} does not look like one (32 hexadecimal digits)"
        return note(INCOMING, text, "Compare it with Basic Information → Signing Secret.")
    text = f"HTTP; SLACK_SIGNING_SECRET {shown}; whether it is this app's only a request could tell"
    return ok(INCOMING, text)


async def _app_token(app_token: str, client: SlackClient) -> Finding:
    """https://docs.slack.dev/reference/methods/apps.connections.open; its address stays unused."""
    shown = masked(app_token)
    try:
        await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        return _no_connection(shown, code_in(error.response))
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        return failed(
            INCOMING, f"Socket Mode; Slack is not reached ({type(error).__name__})", _ADDRESS
        )
    return ok(INCOMING, f"Socket Mode; SLACK_APP_TOKEN {shown} opens a connection")


def _no_connection(shown: str, code: str) -> Finding:
    if not code:
        return failed(INCOMING, "Socket Mode; no answer of Slack's", _ADDRESS)
    if code not in REJECTED | _WITHOUT_SCOPE:
        return failed(INCOMING, f"Socket Mode; Slack answered {code}", _LATER)
    mend = "Make one under Basic Information → App-Level Tokens with the scope connections:write."
    return failed(INCOMING, f"Socket Mode; SLACK_APP_TOKEN {shown} opens nothing ({code})", mend)


def _clock(headers: Mapping[str, str]) -> Finding:
    """Compare with https://www.rfc-editor.org/rfc/rfc9110#field.date, which is in whole seconds."""
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        difference = time.time() - parsedate_to_datetime(lowered["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return unchecked(CLOCK, "without Slack's time")
    if abs(difference) <= _MOST_SECONDS:
        return ok(CLOCK, f"{abs(difference):.0f} s from Slack's")
    way = "ahead of" if difference > 0 else "behind"
    text = f"{abs(difference):.0f} s {way} Slack's, whose requests are refused from 300 s on"
    return failed(CLOCK, text, "Let this machine set its clock by NTP.")
