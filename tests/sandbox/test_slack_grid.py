"""Payloads and answers for users on Enterprise Grid."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Enterprise, SlackSandbox, SlackUser, Workspace
from bot.sandbox.slack.payloads import Payloads

OURS = {"enterprise_id": "E0OURS", "enterprise_name": "Ours"}


def grid(*, names_teams: bool = False) -> tuple[Enterprise, ...]:
    ours = frozenset({"T0SANDBOX", "T0SISTER"})
    return (
        Enterprise("E0OURS", "Ours", ours, names_teams),
        Enterprise("E0OTHER", "Other", frozenset({"T0OTHER"}), names_teams),
    )


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox().serving() as sandbox:
        sandbox.workspace.enterprises = grid()
        sandbox.workspace.users["U0SUE"] = SlackUser("U0SUE", "sue", "Sue", team_id="T0SISTER")
        yield sandbox


@pytest.fixture
def workspace(slack: SlackSandbox) -> Workspace:
    return slack.workspace


@pytest.fixture
def client(slack: SlackSandbox) -> AsyncWebClient:
    return AsyncWebClient(token=slack.workspace.bot_token, base_url=slack.api_url)


def of(workspace: Workspace, slack_user_id: str) -> Payloads:
    return Payloads(workspace, workspace.users[slack_user_id])


async def test_auth_test_names_the_organisation(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["enterprise_id"]) == ("T0SANDBOX", "E0OURS")

    workspace.enterprises = ()
    assert "enterprise_id" not in (await client.auth_test()).data


async def test_auth_test_names_only_the_organisation_for_its_token(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    assert (await client.auth_test())["is_enterprise_install"] is False

    workspace.enterprises = (
        Enterprise("E0OURS", "Ours", frozenset({"T0SANDBOX"}), installed=True),
    )

    answer = await client.auth_test()
    assert answer["is_enterprise_install"] is True
    assert (answer["team"], answer["team_id"]) == ("Ours", "E0OURS")


@pytest.mark.parametrize(
    ("slack_user_id", "team_id", "enterprise_id"),
    [("U0ANN", "T0SANDBOX", "E0OURS"), ("U0EVE", "T0OTHER", "E0OTHER")],
)
def test_a_command_has_the_team_of_its_user(
    workspace: Workspace, slack_user_id: str, team_id: str, enterprise_id: str
) -> None:
    channel = workspace.channels["C0PARTNERS"]

    sent = of(workspace, slack_user_id).command("/weav-conversation", "", channel)

    assert (sent["team_id"], sent["enterprise_id"]) == (team_id, enterprise_id)


@pytest.mark.parametrize(
    ("slack_user_id", "enterprise_id", "team_id"),
    [("U0ANN", "E0OURS", "T0SANDBOX"), ("U0EVE", "E0OTHER", "T0OTHER")],
)
def test_an_interaction_has_the_apps_team_and_one_id_of_its_user(
    workspace: Workspace, slack_user_id: str, enterprise_id: str, team_id: str
) -> None:
    organisation = of(workspace, slack_user_id).global_shortcut("new")
    workspace.enterprises = grid(names_teams=True)
    team = of(workspace, slack_user_id).global_shortcut("new")

    assert organisation["user"]["team_id"] == enterprise_id
    assert team["user"]["team_id"] == team_id
    for sent in (organisation, team):
        assert sent["team"] == {"id": "T0SANDBOX", "domain": "weav-sandbox", **OURS}
        assert sent["enterprise"] == {"id": "E0OURS", "name": "Ours"}


async def test_users_info_names_the_organisation_and_workspaces(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.scopes += ("users:read",)

    sue = (await client.users_info(user="U0SUE"))["user"]

    told = {"id": "U0SUE", "is_admin": False, "is_owner": False, "teams": ["T0SISTER"]}
    assert (sue["team_id"], sue["enterprise_user"]) == ("T0SISTER", told | OURS)


async def test_a_user_in_a_channel_with_the_bot_is_no_stranger(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.scopes += ("users:read",)
    assert (await client.users_info(user="U0EVE"))["user"]["is_stranger"] is False

    workspace.channels["C0PARTNERS"].members.discard("U0EVE")

    assert (await client.users_info(user="U0EVE"))["user"]["is_stranger"] is True
    assert (await client.users_info(user="U0ANN"))["user"]["is_stranger"] is False
