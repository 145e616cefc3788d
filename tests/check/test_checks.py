"""`weav-slack check`: every point, its text when it fails, and that the check changes nothing."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.check.checks import examine, examine_safely
from bot.check.findings import Finding, Level
from bot.check.report import as_json
from bot.ledger import WEBHOOK, Ledger
from bot.manifest import manifest
from bot.sandbox.serving import serve
from bot.sandbox.slack import Enterprise, SlackFault, SlackSandbox
from bot.sandbox.weav import WeavFault, WeavSandbox
from tests.harness import Mode, environment, settings_of
from tests.process import Finished, weav_slack

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of a sandbox
EVENTS = "https://bot.example/slack/events"
OPTIONAL_STAY = "keep the optional scopes that the app has under oauth_config.scopes.bot"
ALL_SCOPES = ("users:read", "channels:read", "groups:read")


@dataclass
class Place:
    slack: SlackSandbox
    weav: WeavSandbox
    weav_url: str
    folder: Path

    def variables(self, mode: Mode = "http", **others: str) -> dict[str, str]:
        database = f"sqlite:///{self.folder}/ledger.db"
        given = environment(self.slack, self.weav_url, database, mode)
        if mode == "http":
            given["SLACK_SIGNING_SECRET"] = SECRET
        return given | others

    async def check(self, mode: Mode = "http", **others: str) -> tuple[int, dict[str, Any]]:
        """Check in this process; return what the exit code would be, and the points by name."""
        findings = await examine(settings_of(self.variables(mode, **others)), self.folder)
        answer = json.loads(as_json(findings))
        return int(not answer["ok"]), {each["point"]: each for each in answer["points"]}

    async def run(self, *arguments: str, mode: Mode = "http", **others: str) -> Finished:
        variables = self.variables(mode, **others)
        ended = await weav_slack("check", *arguments, cwd=self.folder, **variables)
        assert "Traceback" not in ended.err
        assert ended.err == ""
        return ended


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    weav = WeavSandbox()
    async with SlackSandbox().serving() as slack, serve(weav) as weav_url:
        yield Place(slack, weav, weav_url, tmp_path)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_good_installation_passes(place: Place, mode: Mode) -> None:
    place.slack.workspace.scopes += ALL_SCOPES
    (place.folder / "manifest.yml").write_text(manifest(EVENTS if mode == "http" else None))

    code, points = await place.check(mode)

    assert code == 0
    states = {name: point["state"] for name, point in points.items()}
    assert states.pop("Weav write") == "note"
    assert states.pop("Cards follow Weav") == "note"
    assert set(states.values()) == {"ok"}
    assert "Weav sandbox (T0SANDBOX)" in points["Slack token"]["text"]
    assert place.weav.creations == []
    assert [call.method for call in place.slack.workspace.calls if call.method != "auth.test"] == (
        ["apps.connections.open"] if mode == "socket" else []
    )


async def test_on_enterprise_grid_it_names_the_organisation(place: Place) -> None:
    ours = Enterprise("E0OURS", "Ours", frozenset({"T0SANDBOX"}))
    place.slack.workspace.enterprises = (ours,)

    _, points = await place.check()

    assert "T0SANDBOX) of the organisation E0OURS" in points["Slack token"]["text"]


async def test_a_token_of_a_whole_organisation_is_noted_with_what_that_means(
    place: Place,
) -> None:
    ours = Enterprise("E0OURS", "Ours", frozenset({"T0SANDBOX"}), installed=True)
    place.slack.workspace.enterprises = (ours,)

    code, points = await place.check()

    assert (code, points["Slack token"]["state"]) == (0, "note")
    assert "of the whole organisation Ours (E0OURS)" in points["Slack token"]["text"]
    assert "made for one workspace" in points["Slack token"]["text"]
    assert "Install the app in one workspace" in points["Slack token"]["mend"]
    assert points["Slack scopes"]["state"] == "ok"


async def test_an_organisation_token_without_a_workspace_shows_its_id(
    place: Place,
) -> None:
    async def organisation(_: Request) -> Response:
        named = {"team": None, "team_id": None, "enterprise_id": "E0OURS"}
        return JSONResponse({"ok": True, "is_enterprise_install": True, **named})

    async with serve(_api(organisation)) as url:
        _, points = await place.check(SLACK_API_URL=f"{url}/api/")

    assert "of the whole organisation E0OURS." in points["Slack token"]["text"]


async def test_the_check_leaves_no_database_behind(place: Place) -> None:
    await place.check()

    assert [each.name for each in place.folder.iterdir()] == []


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_json_output_comes_with_an_exit_code(place: Place, mode: Mode) -> None:
    ended = await place.run("--json", mode=mode)

    answer = json.loads(ended.out)
    assert (ended.code, answer["ok"]) == (0, True)
    assert len(answer["points"]) == 13


async def test_text_output_has_a_line_per_point_and_what_to_do(place: Place) -> None:
    place.slack.workspace.scopes = ("commands", "chat:write")

    ended = await place.run()

    assert ended.code == 1
    assert "ok      Database: SQLite" in ended.out
    assert "FAILED  Slack scopes: missing: chat:write.public" in ended.out
    assert "→ Add them under OAuth & Permissions" in ended.out
    assert "1 of 13 points must be mended" in ended.out


async def test_wrong_settings_come_first_and_the_rest_is_not_checked(place: Place) -> None:
    ended = await weav_slack(
        "check", "--json", cwd=place.folder, PORT="high", SLACK_ADMINS="xoxb-CANARY"
    )

    points = json.loads(ended.out)["points"]
    assert ended.code == 1
    assert points[0]["state"] == "failed"
    for name in ("SLACK_BOT_TOKEN", "WEAV_API_TOKEN", "PORT", "SLACK_ADMINS"):
        assert name in points[0]["text"]
    assert {point["state"] for point in points[1:]} == {"not checked"}
    assert len(points) == 13
    assert "CANARY" not in ended.out
    assert place.slack.workspace.calls == []


@pytest.mark.long
async def test_at_most_the_last_four_characters_of_a_secret_are_shown(place: Place) -> None:
    place.slack.workspace.bot_token = "xoxb-SLACKCANARY-1111"  # noqa: S105 - of a sandbox
    place.slack.workspace.app_token = "xapp-APPCANARY-2222"  # noqa: S105 - of a sandbox
    place.weav.tokens["WEAVCANARY-3333"] = {"external-api:read"}
    for mode in ("http", "socket"):
        ended = await place.run(
            mode=mode,
            WEAV_API_TOKEN="WEAVCANARY-3333",  # noqa: S106 - of a sandbox
            SLACK_SIGNING_SECRET="SECRETCANARY-4444",  # noqa: S106 - of a sandbox
        )
        assert "CANARY" not in ended.out
        assert "…1111" in ended.out
        assert "…3333" in ended.out
        assert ("…2222" if mode == "socket" else "…4444") in ended.out


@pytest.mark.parametrize(
    ("changed", "point", "words"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-another-token"}, "Slack token", "invalid_auth"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "Slack token", "not reached"),
        ({"WEAV_API_TOKEN": "another-token"}, "Weav token", "not accepted"),
        ({"WEAV_API_URL": "http://127.0.0.1:9/v1"}, "Weav", "could not be reached"),
        ({"DATABASE_URL": "sqlite:////none/at/all.db"}, "Database", "/none/at"),
        ({"DATABASE_URL": f"sqlite:////tmp/{'a' * 300}.db"}, "Database", "name too long"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:9/x"}, "Database", "cannot be reached"),
        ({"DATABASE_URL": "postgresql://x:CAN/ARY@127.0.0.1:9/x"}, "Database", "%2F"),
        (
            {"DATABASE_URL": "postgresql://x:CANARY@127.0.0.1:99999/x"},
            "Database",
            "cannot be reached",
        ),
        ({"DATABASE_URL": "postgresql://x:CANARY@[::1/x"}, "Database", "%2F"),
    ],
)
async def test_each_problem_says_what_to_do(
    place: Place, changed: dict[str, str], point: str, words: str
) -> None:
    code, points = await place.check("http", **changed)

    assert code == 1
    assert points[point]["state"] == "failed"
    assert words in points[point]["text"]
    assert points[point]["mend"]
    assert "CAN" not in points[point]["text"]
    assert [name for name, each in points.items() if each["state"] == "failed"] == [point]


async def test_a_wrong_app_token_is_not_a_wrong_bot_token(place: Place) -> None:
    code, points = await place.check("socket", SLACK_APP_TOKEN="xapp-another-token")  # noqa: S106

    assert code == 1
    assert points["Slack token"]["state"] == "ok"
    assert "invalid_auth" in points["Slack's way in"]["text"]
    assert "connections:write" in points["Slack's way in"]["mend"]


async def test_a_malformed_signing_secret_is_noted(place: Place) -> None:
    code, points = await place.check(SLACK_SIGNING_SECRET="xoxb-pasted-into-it")  # noqa: S106

    assert code == 0
    assert points["Slack's way in"]["state"] == "note"


async def test_missing_optional_scopes_say_what_is_lost(place: Place) -> None:
    code, points = await place.check()

    assert code == 0
    assert points["Slack optional scopes"]["state"] == "note"
    for scope in ALL_SCOPES:
        assert scope in points["Slack optional scopes"]["text"]
    assert "guests cannot be told from members" in points["Slack optional scopes"]["text"]


async def test_a_token_that_may_not_read_is_a_problem_of_its_own(place: Place) -> None:
    place.weav.tokens["only-for-writing"] = {"external-api:write"}

    code, points = await place.check(WEAV_API_TOKEN="only-for-writing")  # noqa: S106

    assert code == 1
    assert points["Weav read"]["state"] == "failed"
    assert "external-api:read" in points["Weav read"]["mend"]
    assert "only a create could tell" in points["Weav write"]["text"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (WeavFault(status=503), "answer 503"),
        (WeavFault(status=404), "answer at"),
        (WeavFault(status=301, headers={"location": "https://elsewhere.example"}), "301"),
        (WeavFault(status=200, body=b"<html>"), "not Weav's API"),
        (WeavFault(status=200, body=b'{"message": "hello"}'), "no list of agents"),
        (WeavFault(status=200, body=b'{"data": {"id": 1}}'), "no list of agents"),
        (WeavFault(status=200, body=b'[{"message": "hello"}]'), "no list of agents"),
        (WeavFault(status=204), "no list of agents"),
    ],
)
async def test_a_server_that_is_not_weav_is_reported(
    place: Place, fault: WeavFault, words: str
) -> None:
    place.weav.fail(fault)

    code, points = await place.check()

    assert code == 1
    assert words in points["Weav"]["text"]
    assert points["Weav token"]["state"] == "not checked"


@pytest.mark.parametrize(("seconds", "words"), [(400, "ahead of"), (-400, "behind")])
async def test_a_clock_that_is_off_is_found(place: Place, seconds: float, words: str) -> None:
    async def late(_: Request) -> Response:
        date = formatdate(time.time() - seconds, usegmt=True)
        scopes = "commands,chat:write,chat:write.public"
        headers = {"date": date, "x-oauth-scopes": scopes}
        return JSONResponse({"ok": True, "team": "x", "team_id": "T1"}, headers=headers)

    async with serve(_api(late)) as url:
        code, points = await place.check(SLACK_API_URL=f"{url}/api/")

    assert code == 1
    assert points["Clock"]["state"] == "failed"
    assert words in points["Clock"]["text"]


async def test_an_outage_of_slack_is_not_a_wrong_token(place: Place) -> None:
    place.slack.workspace.faults.add(SlackFault("auth.test", status=503, body="<html>", times=None))

    code, points = await place.check()

    assert code == 1
    assert "no answer of Slack's" in points["Slack token"]["text"]
    assert points["Slack scopes"]["state"] == "not checked"


SLACKS_TROUBLE = [
    SlackFault("*", error="fatal_error", times=None),
    SlackFault("*", error="service_unavailable", status=503, times=None),
    SlackFault("*", error="ratelimited", status=429, retry_after=30, times=None),
]


@pytest.mark.parametrize("fault", SLACKS_TROUBLE)
async def test_nobody_is_told_to_copy_a_token_that_slack_did_not_reject(
    place: Place, fault: SlackFault
) -> None:
    place.slack.workspace.faults.add(fault)

    code, points = await place.check("socket")

    assert code == 1
    for point in (points["Slack token"], points["Slack's way in"]):
        assert point["state"] == "failed"
        assert f"Slack answered {fault.error}" in point["text"]
        assert "again in a minute" in point["mend"]
        assert "Copy" not in point["mend"]
        assert "Make one" not in point["mend"]
    assert points["Slack scopes"]["state"] == "not checked"


async def test_an_app_token_without_its_scope_says_which_one(place: Place) -> None:
    fault = SlackFault("apps.connections.open", error="missing_scope", times=None)
    place.slack.workspace.faults.add(fault)

    _, points = await place.check("socket")

    assert "connections:write" in points["Slack's way in"]["mend"]


async def test_a_database_of_a_newer_release_is_reported(place: Place) -> None:
    with closing(sqlite3.connect(place.folder / "ledger.db")) as database, database:
        database.execute("CREATE TABLE ledger_version (version INTEGER NOT NULL)")
        database.execute("INSERT INTO ledger_version VALUES (99)")

    code, points = await place.check()

    assert code == 1
    assert "version 99" in points["Database"]["text"]


async def test_a_manifest_of_another_release_is_found(place: Place) -> None:
    old = manifest().replace("weav_conversation_new", "other").replace("- chat:write.public\n", "")
    (place.folder / "manifest.yml").write_text(old)

    code, points = await place.check()

    assert code == 1
    assert "weav_conversation_new" in points["Manifest"]["text"]
    assert "scope chat:write.public" in points["Manifest"]["text"]
    assert OPTIONAL_STAY in points["Manifest"]["mend"]


DEEP = "[" * 1_000
ODD_SCOPES = "oauth_config: {scopes: {bot: [{a: b}, [c], null]}}"


@pytest.mark.parametrize("content", ["][", "7", "features: 7", "\x00", ODD_SCOPES, DEEP])
async def test_an_invalid_manifest_is_found(place: Place, content: str) -> None:
    (place.folder / "manifest.yml").write_text(content)

    code, points = await place.check()

    assert (code, points["Manifest"]["state"]) == (1, "failed")


async def test_a_manifest_from_before_the_home_tab_is_found(place: Place) -> None:
    old = manifest().replace("home_tab_enabled: true", "home_tab_enabled: false")
    (place.folder / "manifest.yml").write_text(old.replace("app_home_opened", "app_mention"))

    code, points = await place.check()

    assert (code, points["Manifest"]["state"]) == (1, "failed")
    assert "lacks the home tab, event app_home_opened" in points["Manifest"]["text"]


async def test_a_manifest_for_http_that_is_too_old_for_the_selects_is_found(place: Place) -> None:
    whole = FOR_HTTP
    (place.folder / "manifest.yml").write_text(whole)
    assert (await place.check())[1]["Manifest"]["state"] == "ok"
    (place.folder / "manifest.yml").write_text(whole.replace("message_menu_options_url", "other"))

    code, points = await place.check()

    assert code == 1
    assert "message_menu_options_url" in points["Manifest"]["text"]


FOR_HTTP = manifest(EVENTS)


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        ("socket", FOR_HTTP, "Socket Mode is not enabled"),
        ("http", FOR_HTTP.replace("enabled: false", "enabled: true"), "Socket Mode is enabled"),
        ("http", FOR_HTTP.replace("is_enabled: true", "x: 1"), "interactivity is not enabled"),
        ("socket", manifest().replace("is_enabled: true", "x: 1"), "interactivity is not enabled"),
        ("http", FOR_HTTP.replace("    request_url", "    x", 1), "the events' request_url is no"),
        ("http", FOR_HTTP.replace("    request_url:", "    x:"), "request_url is no https"),
        ("http", FOR_HTTP.replace(" url: https:", " url: http:"), "the command's url is no https"),
    ],
)
async def test_a_manifest_for_another_transport_is_found(
    place: Place, mode: Mode, content: str, words: str
) -> None:
    (place.folder / "manifest.yml").write_text(content)

    code, points = await place.check(mode)

    assert (code, points["Manifest"]["state"]) == (1, "failed")
    assert words in points["Manifest"]["text"]


async def test_the_manifest_of_the_release_is_noted_over_http(place: Place) -> None:
    (place.folder / "manifest.yml").write_text(manifest())

    code, points = await place.check("http")

    assert (code, points["Manifest"]["state"]) == (0, "note")
    assert "--request-url" in points["Manifest"]["mend"]
    assert OPTIONAL_STAY in points["Manifest"]["mend"]


async def test_a_check_that_raises_is_a_finding_for_all_its_points() -> None:
    async def breaks() -> list[Finding]:
        raise KeyError("CANARY")

    broken, *rest = await examine_safely(["Weav", "Weav token", "Weav read"], breaks())

    assert (broken.point, broken.state) == ("Weav", Level.FAILED)
    assert broken.text == "could not be looked at (KeyError)"
    assert [(each.point, each.state) for each in rest] == [
        ("Weav token", Level.UNCHECKED),
        ("Weav read", Level.UNCHECKED),
    ]


async def test_a_hanging_database_times_out(place: Place) -> None:
    async with _silent() as port:
        code, points = await place.check(DATABASE_URL=f"postgresql://x@127.0.0.1:{port}/x")

    assert code == 1
    assert "does not answer in time" in points["Database"]["text"]


async def test_a_hanging_weav_times_out(place: Place) -> None:
    async with _silent() as port:
        began = time.monotonic()
        code, points = await place.check(
            WEAV_API_URL=f"http://127.0.0.1:{port}/v1", WEAV_TIMEOUT="1"
        )

    assert code == 1
    assert time.monotonic() - began < 8
    assert "did not answer in time" in points["Weav"]["text"]


def _api(endpoint: Callable[[Request], Awaitable[Response]]) -> Starlette:
    return Starlette(routes=[Route("/api/{method}", endpoint, methods=["GET", "POST"])])


@asynccontextmanager
async def _silent() -> AsyncIterator[int]:
    """Yield the port of a server that accepts connections and never answers."""
    done = asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        done.set()


FOLLOWS = "Cards follow Weav"
WEBHOOK_SECRET = "a-webhook-secret"  # noqa: S105 - of a sandbox


async def test_cards_that_do_not_follow_say_how_to_change_that(place: Place) -> None:
    code, points = await place.check()

    assert (code, points[FOLLOWS]["state"]) == (0, "note")
    assert "not at all" in points[FOLLOWS]["text"]
    assert "WEAV_REFRESH_EVERY" in points[FOLLOWS]["mend"]


async def test_the_age_of_the_last_webhook_is_shown(place: Place) -> None:
    _, points = await place.check(WEAV_WEBHOOK_SECRET=WEBHOOK_SECRET, WEAV_REFRESH_EVERY="30")
    assert points[FOLLOWS]["state"] == "note"
    assert (
        "none was accepted yet; also looks at open conversations every 30 min"
        in (points[FOLLOWS]["text"])
    )
    assert "/weav/webhooks" in points[FOLLOWS]["mend"]

    hour_ago = time.time() - 3600
    database = place.variables()["DATABASE_URL"]
    async with Ledger.open(database, clock=lambda: hour_ago) as ledger:
        await ledger.due.record_moment(WEBHOOK)
    _, points = await place.check(WEAV_WEBHOOK_SECRET=WEBHOOK_SECRET)

    assert points[FOLLOWS]["state"] == "ok"
    assert "by webhooks, the last one accepted 60 min ago" in points[FOLLOWS]["text"]
    assert WEBHOOK_SECRET not in str(points)


async def test_cards_can_follow_by_refreshing_alone(place: Place) -> None:
    _, points = await place.check(WEAV_REFRESH_EVERY="15")

    assert points[FOLLOWS]["state"] == "ok"
    assert points[FOLLOWS]["text"].startswith("looks at open conversations every 15 min")


async def test_without_a_database_following_is_not_checked(place: Place) -> None:
    _, points = await place.check(DATABASE_URL="sqlite:////nowhere/at/all.db")

    assert points["Database"]["state"] == "failed"
    assert points[FOLLOWS]["state"] == "not checked"
