"""Enterprise Grid: an organisation with several workspaces, one of which has the bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.slack import Delivery, Enterprise, Person, SlackFault, SlackUser
from bot.slack import ids
from tests.harness import JANE, Harness, open_harness, text_on
from tests.metrics import scrape, value
from tests.scenarios.cards import post_card, until_card_says

GRANTED = ("users:read",)
SISTER = "T0SISTER"
OURS = "E0OURS"
EVERYBODY = ("U0ANN", "U0SUE", "U0EVE")


@asynccontextmanager
async def grid_harness(
    tmp_path: Path,
    *,
    scopes: tuple[str, ...] = (),
    names_teams: bool = False,
    greeted: bool = True,
    **variables: str,
) -> AsyncIterator[Harness]:
    """Ann and Ben use the bot's workspace, Sue a sister workspace, Eve another organisation.

    `names_teams`: what Slack says of people in interactions, see `Enterprise`.
    """
    upper = {name.upper(): value for name, value in variables.items()}
    async with open_harness(tmp_path, change=lambda names: names.update(upper)) as opened:
        ours = frozenset({"T0SANDBOX", SISTER})
        opened.slack.enterprises = (
            Enterprise(OURS, "Ours", ours, names_teams),
            Enterprise("E0OTHER", "Other", frozenset({"T0OTHER"}), names_teams),
        )
        opened.slack.users["U0SUE"] = SlackUser("U0SUE", "sue", "Sue Sister", team_id=SISTER)
        opened.slack.channels["C0SUPPORT"].members.add("U0SUE")
        opened.slack.scopes += scopes
        if greeted:
            await opened.bot.health.poll_slack()
        yield opened


def person(harness: Harness, slack_user_id: str) -> Person:
    return Person(harness.slack, slack_user_id, harness.ann.endpoint)


async def until_form_opened(who: Person) -> None:
    await who.workspace.until(lambda slack: slack.top_view(who.slack_user_id))


async def error_in_anns_form(harness: Harness, who: Person) -> str:
    """Return the error under the field."""
    await harness.fill_in(subject="Export hangs")
    answer = await who.send(Delivery("interactive", who.payloads.submission(harness.ann.view)))
    return answer.errors.get(ids.POST_TO, "")


@pytest.mark.parametrize("greeted", [True, False])
@pytest.mark.parametrize("names_teams", [True, False])
async def test_a_member_of_the_organisation_can_do_everything(
    tmp_path: Path, *, greeted: bool, names_teams: bool
) -> None:
    async with grid_harness(tmp_path, greeted=greeted, names_teams=names_teams) as harness:
        await harness.ann.command("email")
        await until_form_opened(harness.ann)
        offered = await harness.ann.suggest(ids.CUSTOMER_ID, JANE)
        assert JANE in str(offered.options)
        submitted = await harness.ann.submit({"customer_id": JANE})
        assert (submitted.trouble, submitted.errors) == ("", {})
        card = await harness.card()
        await harness.ben.click(ids.CLOSE, card.ts)
        await until_card_says(harness, card, "closed it")
        message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
        await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
        await until_form_opened(harness.ann)
        await harness.ben.global_shortcut(ids.GLOBAL_SHORTCUT)
        await until_form_opened(harness.ben)
        assert harness.slack.from_bot(harness.slack.direct_messages("U0BEN").id) == []


@pytest.mark.parametrize("names_teams", [True, False])
@pytest.mark.parametrize("scopes", [(), GRANTED])
async def test_a_user_of_another_organisation_is_refused_everywhere(
    tmp_path: Path, scopes: tuple[str, ...], *, names_teams: bool
) -> None:
    async with grid_harness(tmp_path, scopes=scopes, names_teams=names_teams) as harness:
        eve = person(harness, "U0EVE")
        card = await post_card(harness)

        commanded = await eve.command("", "C0PARTNERS")
        await eve.message_shortcut(ids.MESSAGE_SHORTCUT, card.ts)
        await eve.global_shortcut(ids.GLOBAL_SHORTCUT)
        await eve.click(ids.CLOSE, card.ts)
        assert "organisation" in await error_in_anns_form(harness, eve)
        typed = eve.payloads.suggestion(harness.ann.view, ids.CUSTOMER_ID, ids.CUSTOMER_ID, JANE)
        offered = await eve.send(Delivery("interactive", typed))

        assert "organisation" in commanded.body["text"]
        assert "organisation" in offered.options[0]["text"]["text"]
        metrics = await scrape(harness)
        assert value(metrics, "weav_slack_refusals_total", reason="external") == 6
        assert harness.slack.open_views("U0EVE") == []
        assert [each["status"] for each in harness.weav.conversations] == ["open"]


async def test_before_greeting_slack_the_organisation_in_a_payload_admits_nobody(
    tmp_path: Path,
) -> None:
    async with grid_harness(tmp_path, greeted=False) as harness:
        eve = person(harness, "U0EVE")

        await eve.global_shortcut(ids.GLOBAL_SHORTCUT)
        assert "organisation" in text_on(await harness.direct_message("U0EVE"))
        assert "organisation" in await error_in_anns_form(harness, eve)


async def test_a_command_in_a_sister_workspace_opens_a_form(tmp_path: Path) -> None:
    async with grid_harness(tmp_path) as harness:
        await person(harness, "U0SUE").command("")

        await until_form_opened(person(harness, "U0SUE"))


async def test_people_of_sister_workspaces_are_looked_up_where_slack_names_theirs(
    tmp_path: Path,
) -> None:
    async with grid_harness(tmp_path, scopes=GRANTED, names_teams=True) as harness:
        sue = person(harness, "U0SUE")
        card = await post_card(harness)

        await sue.click(ids.CLOSE, card.ts)
        await until_card_says(harness, card, "closed it")
        assert await error_in_anns_form(harness, sue) == ""
        await sue.global_shortcut(ids.GLOBAL_SHORTCUT)
        await until_form_opened(sue)

        looked_up = [each.arguments["user"] for each in harness.slack.calls_of("users.info")]
        assert looked_up.count("U0SUE") == 1


async def test_without_the_scope_a_setting_admits_sister_workspaces(tmp_path: Path) -> None:
    async with grid_harness(tmp_path, names_teams=True) as harness:
        await person(harness, "U0SUE").global_shortcut(ids.GLOBAL_SHORTCUT)
        assert "organisation" in text_on(await harness.direct_message("U0SUE"))
    async with grid_harness(tmp_path, names_teams=True, slack_allow_external="true") as harness:
        await person(harness, "U0SUE").global_shortcut(ids.GLOBAL_SHORTCUT)
        await until_form_opened(person(harness, "U0SUE"))


async def test_a_user_who_is_not_looked_up_in_time_can_try_again(tmp_path: Path) -> None:
    async with grid_harness(tmp_path, scopes=GRANTED, names_teams=True) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=1, where={"user": "U0SUE"}))

        assert "try again in a moment" in await error_in_anns_form(
            harness, person(harness, "U0SUE")
        )

        await harness.slack.until(
            lambda slack: any(
                each.arguments["user"] == "U0SUE" for each in slack.calls_of("users.info")
            )
        )
        assert await error_in_anns_form(harness, person(harness, "U0SUE")) == ""


async def test_guests_of_the_organisation_count_as_guests(tmp_path: Path) -> None:
    async with grid_harness(tmp_path, scopes=GRANTED) as harness:
        refused = await error_in_anns_form(harness, person(harness, "U0CAT"))

        assert "guests" in refused


@pytest.mark.parametrize(
    ("named", "scopes", "names_teams", "let_in"),
    [
        (OURS, (), False, {"U0ANN", "U0SUE"}),
        (OURS, GRANTED, True, {"U0ANN", "U0SUE"}),
        ("T0SANDBOX", GRANTED, False, {"U0ANN"}),
        ("T0SANDBOX", GRANTED, True, {"U0ANN"}),
        (SISTER, GRANTED, False, {"U0SUE"}),
        ("T0SANDBOX", (), False, set()),  # nothing tells their workspace
        ("T0SANDBOX", (), True, {"U0ANN"}),
        ("E0OTHER", GRANTED, True, set()),
    ],
)
async def test_a_setting_may_name_a_workspace_or_an_organisation(
    tmp_path: Path, named: str, scopes: tuple[str, ...], let_in: set[str], *, names_teams: bool
) -> None:
    async with grid_harness(
        tmp_path, scopes=scopes, names_teams=names_teams, slack_allowed_teams=named
    ) as harness:
        assert {each for each in EVERYBODY if await use_global_shortcut(harness, each)} == let_in


async def use_global_shortcut(harness: Harness, slack_user_id: str) -> bool:
    """Use the global shortcut, and wait for the form or the refusal."""
    await person(harness, slack_user_id).global_shortcut(ids.GLOBAL_SHORTCUT)
    messages = harness.slack.direct_messages(slack_user_id).id
    await harness.slack.until(
        lambda slack: slack.top_view(slack_user_id) or slack.from_bot(messages)
    )
    return harness.slack.top_view(slack_user_id) is not None


@pytest.mark.parametrize("scopes", [(), GRANTED])
async def test_people_of_a_sister_workspace_see_their_conversations_in_their_home_tab(
    tmp_path: Path, scopes: tuple[str, ...]
) -> None:
    async with grid_harness(tmp_path, scopes=scopes) as harness:
        sue = person(harness, "U0SUE")
        await sue.command(f"{JANE} email")
        await until_form_opened(sue)
        await sue.submit({"subject": "Export hangs"})
        await harness.card()

        await sue.open_home()

        await harness.slack.until(
            lambda slack: "U0SUE" in slack.homes and "Export hangs" in text_on(sue.home)
        )
        eve = person(harness, "U0EVE")
        await eve.open_home()
        view = await harness.slack.until(lambda slack: slack.homes.get("U0EVE"))
        refused = "only for people of the organisation" in text_on(view)
        assert refused == bool(scopes)
        assert "Export hangs" not in text_on(view)
