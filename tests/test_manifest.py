"""The app manifest matches what the app listens for."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.manifest import SCOPES, manifest
from bot.slack import ids
from bot.slack.payloads import AppHomeOpened
from tests.process import weav_slack

HERE = Path(__file__).parent
REQUEST_URL = "https://weav.example/slack/events"


def read(text: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load(text)


def test_the_manifest_file_is_the_one_for_socket_mode() -> None:
    assert (HERE.parent / "manifest.yml").read_text() == manifest()


@pytest.mark.parametrize("request_url", [None, REQUEST_URL])
def test_slacks_own_schema_accepts_the_manifest(request_url: str | None) -> None:
    schema = json.loads((HERE / "data" / "slack-manifest.schema.json").read_text())

    assert list(Draft7Validator(schema).iter_errors(read(manifest(request_url)))) == []


def test_the_manifest_has_the_ids_that_the_handlers_listen_for() -> None:
    features = read(manifest())["features"]

    assert [command["command"] for command in features["slash_commands"]] == [ids.COMMAND]
    assert {(shortcut["type"], shortcut["callback_id"]) for shortcut in features["shortcuts"]} == {
        ("message", ids.MESSAGE_SHORTCUT),
        ("global", ids.GLOBAL_SHORTCUT),
    }


def test_the_manifest_requests_exactly_three_scopes() -> None:
    assert read(manifest())["oauth_config"]["scopes"] == {"bot": SCOPES}
    assert SCOPES == ["commands", "chat:write", "chat:write.public"]


def test_the_http_manifest_has_the_request_url_for_every_feature() -> None:
    document = read(manifest(REQUEST_URL))

    assert document["settings"]["socket_mode_enabled"] is False
    interactivity = document["settings"]["interactivity"]
    assert interactivity["request_url"] == REQUEST_URL
    assert interactivity["message_menu_options_url"] == REQUEST_URL
    assert document["features"]["slash_commands"][0]["url"] == REQUEST_URL
    assert document["settings"]["event_subscriptions"]["request_url"] == REQUEST_URL


@pytest.mark.parametrize("request_url", [None, REQUEST_URL])
def test_the_manifest_enables_the_home_tab_and_its_event(
    request_url: str | None,
) -> None:
    document = read(manifest(request_url))

    assert document["features"]["app_home"]["home_tab_enabled"] is True
    assert document["settings"]["event_subscriptions"]["bot_events"] == [AppHomeOpened.kind]


async def test_the_command_prints_the_manifest(tmp_path: Path) -> None:
    ended = await weav_slack("manifest", "--request-url", REQUEST_URL, cwd=tmp_path)

    assert (ended.code, ended.out) == (0, manifest(REQUEST_URL))
