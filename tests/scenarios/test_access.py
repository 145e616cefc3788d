"""Access: the same rule at every entry; a refusal is private and says whom to ask."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.sandbox.slack import Delivery, Person, SlackFault
from bot.sandbox.slack.directory import BOT_USER_ID
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import JANE, Harness, Mode, open_harness, text_on
from tests.metrics import scrape, value
from tests.scenarios.filling import TAILSPIN, ZOE, suggestions

GRANTED = ("users:read",)


@asynccontextmanager
async def greeted_harness(
    tmp_path: Path, *, scopes: tuple[str, ...] = (), **variables: str
) -> AsyncIterator[Harness]:
    """A harness whose bot has greeted Slack, so it knows its workspace and scopes."""
    upper = {name.upper(): value for name, value in variables.items()}
    async with open_harness(
        tmp_path, mode="http", change=lambda names: names.update(upper)
    ) as opened:
        opened.slack.scopes += scopes
        await opened.bot.health.poll_slack()
        yield opened


async def count_refusals(harness: Harness, reason: str) -> float:
    return value(await scrape(harness), "weav_slack_refusals_total", reason=reason)


async def test_a_denied_command_is_answered_with_whom_to_ask(tmp_path: Path) -> None:
    async with greeted_harness(
        tmp_path, slack_denied_users="U0ANN", slack_admins="U0BEN,U0EVE"
    ) as harness:
        answer = await harness.ann.command("Export hangs")

        assert answer.body["response_type"] == "ephemeral"
        assert "Sorry" in answer.body["text"]
        assert "Ask <@U0BEN> or <@U0EVE>." in answer.body["text"]
        assert harness.slack.calls_of("views.open") == []
        assert await count_refusals(harness, "user_denied") == 1
        await harness.ben.command("Export hangs")
        await harness.slack.until(lambda slack: slack.top_view("U0BEN"))


async def test_without_admins_a_refusal_still_names_somebody(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, slack_allowed_users="U0BEN") as harness:
        answer = await harness.ann.command("")

        assert "Ask whoever looks after the bot." in answer.body["text"]


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_denied_user_gets_no_form_from_shortcuts(tmp_path: Path, mode: Mode) -> None:
    async with open_harness(tmp_path, mode=mode, slack_denied_users="U0BEN") as harness:
        message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
        await harness.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
        assert "Sorry" in text_on(await harness.private_answer("U0BEN"))

        await harness.ben.global_shortcut(ids.GLOBAL_SHORTCUT)
        assert "Sorry" in text_on(await harness.direct_message("U0BEN"))

        assert harness.slack.calls_of("views.open") == []


async def test_a_user_who_is_denied_after_opening_the_form_cannot_submit_it(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_denied_users="U0BEN", slack_admins="U0EVE") as harness:
        await open_form(harness.ann)
        delivery = harness.ann.submission_delivery()
        delivery.payload["user"]["id"] = "U0BEN"

        answer = await harness.ann.send(delivery)

        assert "Sorry" in answer.errors[ids.POST_TO]
        assert "<@" not in answer.errors[ids.POST_TO]
        assert "<@U0EVE>" in text_on(await harness.direct_message("U0BEN"))
        assert harness.weav.creations == []
        assert await harness.entries("U0BEN") == []


async def test_buttons_and_suggestions_refuse_denied_users(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, slack_denied_users="U0BEN") as harness:
        await open_form(harness.ann)
        view, ben = harness.ann.view, harness.ben
        button = {"type": "button", "action_id": ids.LOOK_AGAIN, "value": "1"}
        click = ben.payloads.action_in_view(view, button)
        typed = ben.payloads.suggestion(view, ids.CUSTOMER_ID, ids.CUSTOMER_ID, "jane")

        clicked = await ben.send(Delivery("interactive", click))
        offered = await ben.send(Delivery("interactive", typed))

        assert (clicked.status, offered.status) == (200, 200)
        [option] = offered.options
        assert option["text"]["text"] == "Sorry, you may not use the Weav bot."
        assert option["description"]["text"] == "Ask whoever looks after the bot."
        assert option["value"] == "nothing"
        assert "Sorry" in text_on(await harness.direct_message("U0BEN"))


async def test_a_command_outside_of_the_allowed_channels_is_refused(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, slack_allowed_channels="C0SUPPORT,G0TRIAGE") as harness:
        answer = await harness.ann.command("", slack_channel_id="C0GENERAL")
        assert "in this channel" in answer.body["text"]

        await harness.ann.command("")
        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_message_outside_of_the_allowed_channels_opens_no_form(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, slack_allowed_channels="C0SUPPORT") as harness:
        message_ts = harness.ann.say("The export hangs", "C0GENERAL")

        await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)

        assert "in this channel" in text_on(await harness.private_answer())
        assert harness.slack.calls_of("views.open") == []


async def test_a_card_for_a_forbidden_channel_is_an_error_under_post_to(
    tmp_path: Path,
) -> None:
    async with greeted_harness(tmp_path, slack_allowed_channels="C0SUPPORT") as harness:
        await open_form(harness.ann, post_to="C0GENERAL")

        refused = await harness.ann.submit()
        assert "Choose another one" in refused.errors[ids.POST_TO]
        assert harness.weav.creations == []

        await harness.ann.submit({"post_to": "C0SUPPORT"})
        await harness.card()


@pytest.mark.parametrize(
    ("post_to", "where"),
    [("C0GENERAL", "in <#C0GENERAL>"), ("D0ANNBEN", "in that direct message")],
)
async def test_who_posts_in_a_forbidden_channel_is_told_privately_whom_to_ask(
    tmp_path: Path, post_to: str, where: str
) -> None:
    async with greeted_harness(
        tmp_path, slack_allowed_channels="C0SUPPORT", slack_admins="U0BEN,U0EVE"
    ) as harness:
        await open_form(harness.ann, post_to=post_to)

        refused = await harness.ann.submit()

        assert "<@" not in refused.errors[ids.POST_TO]
        told = text_on(await harness.direct_message())
        assert f"may not post {where}" in told
        assert "<@U0BEN> or <@U0EVE>." in told


async def test_the_global_shortcut_works_without_a_channel(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, slack_allowed_channels="C0SUPPORT") as harness:
        await harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT)

        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


@pytest.mark.parametrize("greeted", [True, False])
async def test_people_of_other_organisations_are_recognised_from_the_payload(
    tmp_path: Path, *, greeted: bool
) -> None:
    async with open_harness(tmp_path) as harness:
        if greeted:
            await harness.bot.health.poll_slack()
        await person(harness, "U0EVE").global_shortcut(ids.GLOBAL_SHORTCUT)

        assert "organisation" in text_on(await harness.direct_message("U0EVE"))
        assert harness.slack.calls_of("views.open") == []
        assert harness.slack.calls_of("users.info") == []


async def test_users_info_tells_the_workspace_if_the_payload_does_not(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        await open_form(harness.ann)
        payload = person(harness, "U0EVE").payloads.submission(harness.ann.view)
        del payload["user"]["team_id"]

        answer = await harness.ann.send(Delivery("interactive", payload))

        assert "organisation" in answer.errors[ids.POST_TO]
        assert harness.weav.creations == []


async def test_people_of_other_organisations_are_admitted_by_a_setting(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, slack_allow_external="true") as harness:
        await person(harness, "U0EVE").command("", slack_channel_id="C0PARTNERS")

        await harness.slack.until(lambda slack: slack.top_view("U0EVE"))


async def test_only_the_organisations_that_the_setting_names_are_admitted(tmp_path: Path) -> None:
    async with greeted_harness(
        tmp_path, slack_allow_external="true", slack_allowed_teams="T0SANDBOX,T0THIRD"
    ) as harness:
        refused = await person(harness, "U0EVE").command("", slack_channel_id="C0PARTNERS")

        assert "not open to your workspace" in refused.body["text"]
        assert await count_refusals(harness, "team_not_allowed") == 1
        await open_form(harness.ann)
        await harness.ann.submit()
        await harness.card()
        await person(harness, "U0EVE").click(ids.CLOSE)
        assert await count_refusals(harness, "team_not_allowed") == 2


async def test_a_message_shortcut_that_names_no_workspace_opens_a_form(tmp_path: Path) -> None:
    # Slack does not document "user.team_id" for message shortcuts, and an empty form shows nothing.
    async with greeted_harness(tmp_path, slack_allowed_teams="T0SANDBOX") as harness:
        message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
        message = next(each for each in harness.slack.messages if each.ts == message_ts)
        payload = harness.ann.payloads.message_shortcut(ids.MESSAGE_SHORTCUT, message)
        del payload["user"]["team_id"]

        await harness.ann.send(Delivery("interactive", payload))

        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_card_in_a_channel_that_is_no_longer_allowed_refuses_clicks(
    tmp_path: Path,
) -> None:
    async with greeted_harness(tmp_path, slack_allowed_channels="C0SUPPORT") as harness:
        await open_form(harness.ann)
        await harness.ann.submit()
        card = await harness.card()
        earlier = harness.slack.add_message("C0GENERAL", BOT_USER_ID, card.text, card.blocks)
        asked = len(harness.weav.requests)

        await harness.ann.click(ids.CLOSE, message_ts=earlier.ts)

        assert "in this channel" in text_on(await harness.private_answer())
        assert len(harness.weav.requests) == asked


@pytest.mark.parametrize("words", [f"me {JANE}", "status", "defaults"])
async def test_a_guest_is_refused_at_once_unless_they_open_an_empty_form(
    tmp_path: Path, words: str
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        answer = await person(harness, "U0CAT").command(words)

        assert "guests" in answer.body["text"]
        assert harness.slack.calls_of("views.open") == []
        async with Ledger.open(harness.database) as ledger:
            assert await ledger.customers.user("U0CAT") is None


async def test_a_guest_is_refused_help(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        answer = await person(harness, "U0CAT").command("help")

        assert "guests" in answer.body["text"]


async def test_help_is_shown_if_slack_does_not_say_who_asks(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=2, times=None))

        answer = await harness.ann.command("help")

        assert "/weav-conversation" in answer.body["text"]
        assert answer.seconds < 1


async def test_a_guest_gets_no_form_and_learns_whom_to_ask(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED, slack_admins="U0BEN") as harness:
        cat = person(harness, "U0CAT")

        refused = [await cat.command(f"email {JANE}") for _ in range(2)]

        for answer in refused:
            assert "guests" in answer.body["text"]
            assert "<@U0BEN>" in answer.body["text"]
        assert harness.slack.calls_of("views.open") == []
        assert len(harness.slack.calls_of("users.info")) == 1
        assert await count_refusals(harness, "guest") == 2


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_guest_gets_no_form_from_shortcuts(tmp_path: Path, mode: Mode) -> None:
    async with open_harness(tmp_path, mode=mode) as harness:
        harness.slack.scopes += GRANTED
        await harness.bot.health.poll_slack()
        cat = person(harness, "U0CAT")
        message_ts = harness.ann.say("The export hangs", "C0SUPPORT")

        await cat.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
        assert "guests" in text_on(await harness.private_answer("U0CAT"))
        await cat.global_shortcut(ids.GLOBAL_SHORTCUT)
        assert "guests" in text_on(await harness.direct_message("U0CAT"))

        assert harness.slack.calls_of("views.open") == []


async def test_a_guest_whose_form_opened_before_slack_identified_them_cannot_submit(
    tmp_path: Path,
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=0.8))
        cat = person(harness, "U0CAT")
        await open_form(cat)

        answer = await cat.submit()

        assert "guests" in answer.errors[ids.POST_TO]
        assert harness.weav.requests == []
        assert len(harness.slack.calls_of("users.info")) == 1


async def test_being_an_admin_gives_no_other_access(tmp_path: Path) -> None:
    async with greeted_harness(
        tmp_path, slack_admins="U0ANN", slack_allowed_users="U0BEN"
    ) as harness:
        answer = await harness.ann.command("")

        assert "not yet on the list" in answer.body["text"]
        assert await count_refusals(harness, "user_not_allowed") == 1


async def test_guests_are_admitted_by_a_setting_without_look_ups(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED, slack_allow_guests="true") as harness:
        await open_form(person(harness, "U0CAT"))

        await person(harness, "U0CAT").submit()

        await harness.card()
        assert harness.slack.calls_of("users.info") == []


async def test_without_the_scope_guests_are_treated_as_members(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path) as harness:
        await open_form(person(harness, "U0CAT"))

        await person(harness, "U0CAT").submit()

        await harness.card()
        assert harness.slack.calls_of("users.info") == []


async def test_a_scope_that_is_granted_at_run_time_counts_from_slacks_next_answer(
    tmp_path: Path,
) -> None:
    async with greeted_harness(tmp_path) as harness:
        harness.slack.scopes += GRANTED
        await open_form(harness.ann)
        await harness.ann.submit()
        await harness.card()  # long after Slack's answer to the form

        answer = await person(harness, "U0CAT").command("")

        assert "guests" in answer.body["text"]


async def test_a_member_is_looked_up_once_before_their_first_form(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=0.3, times=None))
        for _ in range(2):
            await open_form(harness.ann)
            await harness.ann.submit()
        await harness.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 2)

        methods = [call.method for call in harness.slack.calls]
        assert methods.count("users.info") == 1
        assert methods.index("users.info") < methods.index("views.open")


@pytest.mark.parametrize("how", ["command", "message shortcut", "global shortcut"])
async def test_a_form_waits_at_most_half_a_second_for_slack_to_identify_its_user(
    tmp_path: Path, how: str
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=3, times=None))
        message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
        began = time.perf_counter()

        match how:
            case "command":
                await harness.ann.command("Export hangs")
            case "message shortcut":
                await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
            case _:
                await harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT)
        acknowledged = time.perf_counter() - began
        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

        print(f"{how}: acknowledged after {acknowledged:.2f} s")  # noqa: T201
        assert 0.45 < acknowledged < 1.5


async def test_a_form_does_not_wait_while_the_scopes_are_unknown(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        harness.slack.scopes += GRANTED
        harness.slack.faults.add(SlackFault("users.info", delay=3, times=None))

        answer = await harness.ann.command("Export hangs")

        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
        assert answer.seconds < 0.45
        assert harness.slack.calls_of("users.info") == []


async def test_if_slack_does_not_identify_the_user_the_form_stays_and_can_be_resubmitted(
    tmp_path: Path,
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=2, times=None))
        await open_form(harness.ann)

        unknown = await harness.ann.submit()

        assert "try again in a moment" in unknown.errors[ids.POST_TO]
        assert unknown.seconds < 1
        assert harness.weav.requests == []
        await harness.slack.until(lambda slack: slack.calls_of("users.info"))
        await harness.ann.submit()
        await harness.card()


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("users.info", error="internal_error"),
        SlackFault("users.info", status=502, body="<html>"),
        SlackFault("users.info", drop="before", times=None),  # aiohttp retries a GET once
        SlackFault("users.info", status=429, error="ratelimited", retry_after=9),
    ],
)
async def test_a_failed_look_up_admits_nobody_and_keeps_the_form(
    tmp_path: Path, fault: SlackFault
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(fault)
        await open_form(harness.ann)

        answer = await harness.ann.submit()

        assert "try again in a moment" in answer.errors[ids.POST_TO]
        assert harness.weav.requests == []
        assert harness.ann.view.is_open


async def test_a_scope_that_was_removed_counts_as_never_granted(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", error="missing_scope"))
        await open_form(harness.ann)

        await harness.ann.submit()

        await harness.card()


async def test_a_user_who_is_not_identified_in_time_is_told_so_by_the_select(
    tmp_path: Path,
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=2, times=None))
        await open_form(harness.ann)

        answer = await harness.ann.suggest(ids.CUSTOMER_ID, "jan")

        [option] = answer.options
        assert option["text"]["text"].startswith("Slack does not say at the moment whether you")
        assert option["description"]["text"] == "Nothing is lost: try again in a moment."
        refused = await harness.ann.submit({ids.CUSTOMER_ID: "jan"})
        assert harness.weav.creations == []
        assert refused.errors


@pytest.mark.parametrize("typed", ["", ZOE])
@pytest.mark.long
async def test_a_slow_access_check_and_a_slow_weav_together_are_answered_in_time(
    tmp_path: Path, typed: str
) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        async with Ledger.open(harness.database) as ledger:
            await ledger.customers.save_defaults("C0SUPPORT", {"company_id": TAILSPIN}, "U0ANN")
        harness.slack.faults.add(SlackFault("users.info", delay=0.45, times=None))
        harness.weav.fail(WeavFault(hold=30.0))
        await harness.ann.command("")
        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

        assert await suggestions(harness.ann, ids.CUSTOMER_ID, typed)

        harness.weav.faults.clear()


async def test_a_guest_whose_form_opened_sees_nothing_from_weav(tmp_path: Path) -> None:
    async with greeted_harness(tmp_path, scopes=GRANTED) as harness:
        hung = {"channel": "email", "customer_id": JANE, "subject": "Hung before"}
        harness.weav.store.create_conversation(hung)
        harness.slack.faults.add(SlackFault("users.info", delay=0.8))

        await open_form(person(harness, "U0CAT"))

        assert "guests" in (await person(harness, "U0CAT").submit()).errors[ids.POST_TO]
        await open_form(harness.ann)
        await harness.slack.until(lambda _: "Hung before" in text_on(harness.ann.view))
        assert len(harness.weav.requests) == 2  # for Ann: the customer and their open conversations
        assert "The customer is Jane Doe" not in text_on(person(harness, "U0CAT").view)
        assert "Hung before" not in text_on(person(harness, "U0CAT").view)


async def open_form(who: Person, **values: str) -> None:
    await who.command(f"email {JANE}")
    await who.workspace.until(lambda slack: slack.top_view(who.slack_user_id))
    who.fill(values)


def person(harness: Harness, slack_user_id: str) -> Person:
    return Person(harness.slack, slack_user_id, harness.ann.endpoint)
