"""The home tab: submissions that need the author, states of conversations, a way to the form."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.ledger import State
from bot.sandbox.slack import Delivery, Person, SlackFault, SlackView, rate_limited
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, JANE, LIST, Harness, Mode, open_harness, text_on
from tests.scenarios.cards import (
    ANN_IN_WEAV,
    BEN_IN_WEAV,
    another_bot,
    execute,
    only_conversation,
    post_card,
    tell_weav_id,
    until_card_says,
)
from tests.scenarios.conftest import greet_slack
from tests.scenarios.filling import NEW_CUSTOMER

PUBLISH = "views.publish"
NONE_YET = "You have opened none yet"
HOSTILE = "<!channel> *bold* <@U0BEN> & <https://evil.example|here> `x` evil.example @here ~no~"


def blocks_under(view: SlackView, heading: str) -> list[dict[str, Any]]:
    """Return the blocks between this heading and the next one, or [] without the heading."""
    found: list[dict[str, Any]] = []
    under = ""
    for block in view.blocks:
        if block["type"] == "header":
            under = block["text"]["text"]
        elif under == heading:
            found.append(block)
    return found


def text_under(view: SlackView, heading: str) -> str:
    texts = [block["text"]["text"] for block in blocks_under(view, heading) if "text" in block]
    return "\n".join(texts)


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


async def until_home(
    opened: Harness, look: Callable[[SlackView], bool], slack_user_id: str = "U0ANN"
) -> SlackView:
    def seen(_: object) -> SlackView | None:
        view = opened.slack.homes.get(slack_user_id)
        return view if view and look(view) else None

    return await opened.slack.until(seen)


async def until_home_shows(opened: Harness, *texts: str, slack_user_id: str = "U0ANN") -> SlackView:
    return await until_home(
        opened, lambda view: all(text in text_on(view) for text in texts), slack_user_id
    )


async def open_home(opened: Harness, person: Person | None = None) -> SlackView:
    """Open the home tab, and wait until it is published for this opening."""
    person = person or opened.ann
    before = len(opened.slack.calls_of(PUBLISH))
    answer = await person.open_home()
    assert (answer.status, answer.trouble, answer.body) == (200, "", "")
    await opened.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) > before)
    return await until_home(opened, lambda _: True, person.slack_user_id)


async def until_published_again(opened: Harness, before: int) -> None:
    await opened.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) > before)


async def submit_refused(opened: Harness, subject: str = "Export hangs") -> None:
    opened.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await opened.fill_in(subject=subject)
    await opened.ann.submit()
    await opened.ann.close()


async def submit_unconfirmed(opened: Harness, subject: str = "Export hangs") -> None:
    opened.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await opened.fill_in(subject=subject)
    await opened.ann.submit()
    await opened.entry_in(State.UNCONFIRMED)
    await opened.slack.until(
        lambda slack: "may have been created or not" in text_on(slack.top_view("U0ANN"))
    )
    await opened.ann.close()


async def test_the_first_home_tab_leads_to_the_form(any_harness: Harness) -> None:
    view = await open_home(any_harness)

    assert buttons(view.blocks) == ["New conversation"]
    assert "None, as far as the bot knows." in text_under(view, "Your open conversations")
    assert NONE_YET in text_under(view, "Your last submissions")
    assert any_harness.weav.requests == []


async def test_it_shows_the_state_of_conversations_without_asking_weav(
    any_harness: Harness,
) -> None:
    await post_card(any_harness, subject="Export hangs", priority="urgent")
    await any_harness.entry_in(State.ANNOUNCED)
    asked = len(any_harness.weav.requests)

    view = await open_home(any_harness)

    said = text_under(view, "Your open conversations")
    id_ = only_conversation(any_harness)["id"]
    assert f"*<https://app.weav.example/conversations/{id_}|Export hangs>*" in said
    for fact in (":red_circle: Urgent", ":large_green_circle: Open", ":email: Email"):
        assert fact in said
    assert "^opened {ago}|" in said
    assert "<#C0SUPPORT>" in said
    assert "Export hangs: created · " in text_under(view, "Your last submissions")
    assert blocks_under(view, "Waiting for you") == []
    assert len(any_harness.weav.requests) == asked


async def test_submissions_that_need_the_author_have_the_buttons_of_status(
    harness: Harness,
) -> None:
    await submit_unconfirmed(harness, "Not confirmed")
    await submit_refused(harness, "Refused")

    view = await open_home(harness)

    waiting = blocks_under(view, "Waiting for you")
    assert [block["type"] for block in waiting] == ["section", "actions"] * 2
    assert buttons(waiting) == ["Open the form", "Look again", "Create again", "Leave it"]
    said = text_under(view, "Waiting for you")
    assert "Refused: refused · " in said
    assert "Not confirmed: not confirmed · " in said
    latest = blocks_under(view, "Your last submissions")
    assert buttons(latest) == []
    assert "Refused: refused" in text_under(view, "Your last submissions")


async def test_a_resubmitted_form_no_longer_waits(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await harness.fill_in(subject="Corrected in the same form")
    await harness.ann.submit()
    await harness.ann.submit({"subject": "Corrected"})
    await harness.card()
    await submit_refused(harness, "Sent from its button")
    await open_home(harness)
    await harness.ann.act_in_home(
        ids.REOPEN, block_id=block_with_button(harness.ann.home, "Open the form")
    )
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    await harness.ann.submit({"subject": "Sent from its button, corrected"})

    view = await until_home(harness, lambda view: "corrected: created" in text_on(view))
    assert blocks_under(view, "Waiting for you") == []
    # As in `status`, the form can still be reopened.
    assert buttons(blocks_under(view, "Your last submissions")) == ["Open the form"] * 2


async def test_a_resubmitted_form_from_a_message_no_longer_waits(harness: Harness) -> None:
    harness.weav.fail(WeavFault(hold=2.2, status=403, times=1, **CREATE))
    await harness.fill_in(subject="Refused late")
    await harness.ann.submit()
    await harness.ann.close()
    said = await harness.direct_message()
    await harness.ann.click(ids.REOPEN, said.ts)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    await harness.ann.submit({"subject": "Corrected"})

    await harness.card()
    view = await open_home(harness)
    assert "Refused late: refused" in text_on(view)
    assert blocks_under(view, "Waiting for you") == []


async def test_a_resubmitted_form_with_a_new_customer_no_longer_waits(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=403, times=1, **NEW_CUSTOMER))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.type_in({"customer_id": "new@example.com"})
    await harness.ann.submit()
    await harness.ann.close()
    await open_home(harness)
    await harness.ann.act_in_home(
        ids.REOPEN, block_id=block_with_button(harness.ann.home, "Open the form")
    )
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    await harness.ann.submit()

    view = await until_home(harness, lambda view: "Export hangs: created" in text_on(view))
    assert blocks_under(view, "Waiting for you") == []


async def test_the_same_submission_from_another_form_no_longer_waits(harness: Harness) -> None:
    await submit_refused(harness)
    view = await open_home(harness)
    assert buttons(blocks_under(view, "Waiting for you")) == ["Open the form"]

    await post_card(harness)

    view = await until_home(harness, lambda view: "Export hangs: created" in text_on(view))
    assert blocks_under(view, "Waiting for you") == []


def block_with_button(view: SlackView, label: str) -> str:
    """Return the ID of the first block with this button."""
    return next(
        str(block["block_id"])
        for block in view.blocks
        if block["type"] == "actions"
        and label in [element["text"]["text"] for element in block["elements"]]
    )


async def test_its_button_opens_an_empty_form_without_channel_defaults(
    any_harness: Harness,
) -> None:
    await open_home(any_harness)
    before = len(any_harness.slack.calls_of(PUBLISH))

    answer = await any_harness.ann.act_in_home(ids.REOPEN)

    assert (answer.status, answer.trouble) == (200, "")
    view = await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] in {None, ""}
    await until_published_again(any_harness, before)
    await any_harness.ann.submit(
        {"customer_id": JANE, "channel": "email", "subject": "From home", "post_to": "C0SUPPORT"}
    )
    card = await any_harness.card()
    assert "Opened by <@U0ANN> in the home tab · " in text_on(card)
    await until_home_shows(any_harness, "From home: created")


async def test_a_refused_form_reopens_from_it(any_harness: Harness) -> None:
    await submit_refused(any_harness, "Export hangs")
    await open_home(any_harness)
    before = len(any_harness.slack.calls_of(PUBLISH))

    await any_harness.ann.act_in_home(
        ids.REOPEN, block_id=block_with_button(any_harness.ann.home, "Open the form")
    )

    view = await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    await until_published_again(any_harness, before)


LOOKED = "The bot looked again and did not find it for certain."


async def look_again(opened: Harness) -> None:
    await opened.ann.act_in_home(ids.LOOK_AGAIN)
    view = await until_home_shows(opened, LOOKED)
    assert "Look again" in buttons(blocks_under(view, "Waiting for you"))


async def create_again(opened: Harness) -> None:
    await opened.ann.act_in_home(ids.CREATE_AGAIN)
    await opened.card()
    view = await until_home_shows(opened, "Export hangs: created · ")
    assert blocks_under(view, "Waiting for you") == []
    assert "Export hangs" in text_under(view, "Your open conversations")


async def leave_it(opened: Harness) -> None:
    await opened.ann.act_in_home(ids.LEAVE)
    view = await until_home_shows(opened, "not confirmed, left as it is")
    assert blocks_under(view, "Waiting for you") == []
    assert buttons(blocks_under(view, "Your last submissions")) == ["Open the form"]


@pytest.mark.parametrize("choose", [look_again, create_again, leave_it])
async def test_a_choice_in_it_is_answered_only_in_the_tab(
    any_harness: Harness, choose: Callable[[Harness], Awaitable[None]]
) -> None:
    await submit_unconfirmed(any_harness)
    await open_home(any_harness)
    updates = len(any_harness.slack.calls_of("views.update"))

    await choose(any_harness)

    assert len(any_harness.slack.calls_of("views.update")) == updates
    assert any_harness.slack.from_bot(any_harness.slack.direct_messages("U0ANN").id) == []


async def test_it_is_republished_as_a_submission_proceeds(any_harness: Harness) -> None:
    await open_home(any_harness)
    any_harness.weav.fail(WeavFault(hold=1.5, times=1, **CREATE))
    await any_harness.fill_in(subject="Export hangs")

    submitting = asyncio.create_task(any_harness.ann.submit())

    await until_home_shows(any_harness, "Export hangs: being created")
    await until_home_shows(any_harness, "Export hangs: created · ", "|Export hangs>*")
    await submitting


async def test_a_click_on_a_card_updates_the_authors_tab(harness: Harness) -> None:
    card = await post_card(harness, subject="Export hangs")
    await open_home(harness)

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "high")

    await until_home_shows(harness, ":large_orange_circle: High")
    await harness.ben.click(ids.CLOSE, card.ts)
    view = await until_home(harness, lambda view: ":large_green_circle:" not in text_on(view))
    assert "None, as far as the bot knows." in text_under(view, "Your open conversations")


async def test_an_assigned_conversation_is_in_the_assignees_tab(harness: Harness) -> None:
    await tell_weav_id(harness.ann, ANN_IN_WEAV)
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    card = await post_card(harness, subject="Export hangs")
    await open_home(harness, harness.ben)

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    view = await until_home_shows(harness, "|Export hangs>*", slack_user_id="U0BEN")
    assert NONE_YET in text_under(view, "Your last submissions")
    await until_card_says(harness, card, "took it")
    await harness.ann.click(ids.ASSIGN_TO_ME, card.ts)
    await until_home(harness, lambda view: "Export hangs" not in text_on(view), "U0BEN")


async def test_a_user_who_later_gives_the_same_weav_id_sees_nothing_of_it(
    harness: Harness,
) -> None:
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    card = await post_card(harness, subject="Export hangs")
    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)
    await until_card_says(harness, card, "took it")
    cat = Person(harness.slack, "U0CAT", harness.ann.endpoint)
    await tell_weav_id(cat, BEN_IN_WEAV)
    await tell_weav_id(harness.ben, BEN_IN_WEAV)

    seen = await open_home(harness, cat)

    assert "Export hangs" not in text_on(seen)
    await open_home(harness, harness.ben)
    await until_home_shows(harness, "Export hangs", slack_user_id="U0BEN")


async def test_a_user_who_gives_their_weav_id_sees_conversations_assigned_to_them(
    harness: Harness,
) -> None:
    await tell_weav_id(harness.ann, ANN_IN_WEAV)
    await harness.fill_in(subject="For Ben", assignee_type="user")
    await harness.ann.type_in({"assignee_id": BEN_IN_WEAV})
    await harness.ann.submit()
    await harness.card()
    await open_home(harness, harness.ben)

    await tell_weav_id(harness.ben, BEN_IN_WEAV)

    await until_home_shows(harness, "For Ben", slack_user_id="U0BEN")


async def test_hostile_text_stays_text(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await harness.fill_in(subject=HOSTILE)
    await harness.ann.submit()
    await harness.ann.submit({"subject": f"{HOSTILE} again"})
    await harness.card()
    await submit_refused(harness, HOSTILE)

    view = await open_home(harness)

    said = text_on(view)
    assert "channel" in said
    for active in ("<!channel", "<@", "<https://evil", " *bold*", "`x`", " evil.example", "~no~"):
        assert active not in said


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_repeated_event_publishes_nothing(tmp_path: Path, mode: Mode) -> None:
    async with bot_with_settings(tmp_path, mode=mode) as harness:
        delivery = harness.ann.home_delivery()
        for each in (delivery, delivery, delivery.again(), delivery.again("http_error")):
            answer = await harness.ann.send_event(each)
            assert (answer.status, answer.trouble) == (200, "")

    assert len(harness.slack.calls_of(PUBLISH)) == 1  # the bot has finished what it had started


async def test_an_event_that_arrives_only_as_a_retry_is_handled(any_harness: Harness) -> None:
    await any_harness.ann.send_event(any_harness.ann.home_delivery().again("http_timeout"))

    await until_home_shows(any_harness, NONE_YET)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_other_tabs_and_events_are_acknowledged_and_ignored(
    tmp_path: Path, mode: Mode
) -> None:
    async with bot_with_settings(tmp_path, mode=mode) as harness:
        other = {"type": "reaction_added", "user": "U0ANN", "event_ts": "1.0"}
        for delivery in (
            harness.ann.home_delivery("messages"),
            Delivery("events_api", harness.ann.payloads.event(other)),
        ):
            answer = await harness.ann.send_event(delivery)
            assert (answer.status, answer.trouble, answer.body) == (200, "", "")

    assert harness.slack.calls_of(PUBLISH) == []
    assert harness.slack.from_bot() == []


async def test_an_event_without_a_user_is_refused(harness: Harness) -> None:
    delivery = harness.ann.home_delivery()
    delivery.payload["event"]["user"] = {"id": "U0ANN"}

    answer = await harness.ann.send_event(delivery)

    assert answer.status == 400
    assert harness.slack.calls_of(PUBLISH) == []


async def test_a_conversation_that_is_found_moves_to_the_open_ones(harness: Harness) -> None:
    hidden = harness.weav.fail(WeavFault(status=200, body=b'{"data": []}', **LIST))
    harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await harness.entry_in(State.UNCONFIRMED)
    await open_home(harness)
    harness.weav.faults.remove(hidden)

    await harness.ann.act_in_home(ids.LOOK_AGAIN)

    await harness.card()
    await until_home(
        harness, lambda view: "Export hangs" in text_under(view, "Your open conversations")
    )
    assert len(harness.weav.conversations) == 1


@asynccontextmanager
async def bot_with_settings(
    tmp_path: Path, *, scopes: tuple[str, ...] = (), mode: Mode = "http", **variables: str
) -> AsyncIterator[Harness]:
    upper = {name.upper(): value for name, value in variables.items()}
    async with open_harness(
        tmp_path, mode=mode, change=lambda names: names.update(upper)
    ) as opened:
        opened.slack.scopes += scopes
        await greet_slack(opened)
        yield opened


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_denied_user_sees_the_reason_and_whom_to_ask(tmp_path: Path, mode: Mode) -> None:
    async with bot_with_settings(
        tmp_path, mode=mode, slack_denied_users="U0ANN", slack_admins="U0BEN"
    ) as harness:
        view = await open_home(harness)

        assert text_on(view) == "Sorry, you may not use the Weav bot. Ask <@U0BEN>."
        assert harness.slack.from_bot() == []


async def test_a_newly_denied_user_sees_the_reason_after_the_next_click_or_change(
    tmp_path: Path,
) -> None:
    async with bot_with_settings(tmp_path) as harness:
        await submit_unconfirmed(harness)
        await open_home(harness)
        harness.variables["SLACK_DENIED_USERS"] = "U0ANN"
        harness.variables["SLACK_ADMINS"] = "U0BEN"
        async with another_bot(harness, "U0ANN") as denied:
            await denied.act_in_home(ids.LEAVE)

            await until_home_shows(harness, "Sorry, you may not use the Weav bot. Ask <@U0BEN>.")
            assert (await harness.entries())[0].state is State.UNCONFIRMED


async def test_the_tab_of_a_newly_denied_user_is_not_updated(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path) as harness:
        await submit_unconfirmed(harness)
        await open_home(harness)
    harness.variables["SLACK_DENIED_USERS"] = "U0ANN"
    await execute(harness, "UPDATE submissions SET state = 'left'")
    async with bot_with_settings(tmp_path, slack_denied_users="U0ANN") as again:
        view = await until_home_shows(again, "Sorry, you may not use the Weav bot.")

        assert "Export hangs" not in text_on(view)


async def test_guests_see_the_reason(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, scopes=("users:read",)) as harness:
        cat = Person(harness.slack, "U0CAT", harness.ann.endpoint)

        view = await open_home(harness, cat)

        assert "guests may not" in text_on(view)


async def test_people_of_other_organisations_see_the_reason_wherever_the_event_comes_from(
    tmp_path: Path,
) -> None:
    async with bot_with_settings(
        tmp_path, scopes=("users:read",), slack_allow_guests="true"
    ) as harness:
        eve = Person(harness.slack, "U0EVE", harness.ann.endpoint)
        assert eve.home_delivery().payload["team_id"] == "T0SANDBOX"

        view = await open_home(harness, eve)

        assert "only for people of the organisation" in text_on(view)


async def test_a_user_whom_slack_does_not_identify_in_time_sees_nothing(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, scopes=("users:read",)) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=2, times=1))

        view = await open_home(harness)

        assert "Slack does not say at the moment" in text_on(view)
        await harness.slack.until(lambda slack: slack.calls_of("users.info"))


async def test_a_user_whom_slack_identifies_later_gets_their_tab_then(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, scopes=("users:read",)) as harness:
        harness.slack.faults.add(SlackFault("users.info", delay=1.5, times=1))
        view = await open_home(harness)
        assert "Slack does not say at the moment" in text_on(view)

        await until_home_shows(harness, NONE_YET)


async def test_a_published_tab_stays_while_slack_does_not_identify_the_user(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, scopes=("users:read",)) as harness:
        await submit_unconfirmed(harness)
        await open_home(harness)
    async with bot_with_settings(tmp_path, scopes=("users:read",)) as again:
        again.slack.faults.add(SlackFault("users.info", delay=1.5, times=1))

        await open_home(again)

        await until_home_shows(again, "Export hangs: not confirmed")
        published = [str(call.arguments) for call in again.slack.calls_of(PUBLISH)]
        assert [each for each in published if "Slack does not say" in each] == []


async def test_a_user_who_is_admitted_again_gets_their_tab_back(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path) as harness:
        await open_home(harness)
    async with bot_with_settings(tmp_path, slack_denied_users="U0ANN") as denying:
        view = await open_home(denying)
        assert "you may not use the Weav bot" in text_on(view)

    async with bot_with_settings(tmp_path) as again:
        await until_home_shows(again, NONE_YET)


async def test_a_newly_denied_admin_sees_only_the_reason(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, slack_admins="U0ANN") as harness:
        await open_home(harness)
        await until_home_shows(harness, "*Weav read*")
    await execute(harness, "UPDATE home_tabs SET content = 'older'")
    async with bot_with_settings(
        tmp_path, slack_admins="U0ANN", slack_denied_users="U0ANN"
    ) as denying:
        await until_home_shows(denying, "you may not use the Weav bot")

    view = denying.slack.homes["U0ANN"]  # the bot has finished what it had started
    assert text_on(view) == "Sorry, you may not use the Weav bot. Ask <@U0ANN>."


async def test_admins_see_the_findings_of_check(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, slack_admins="U0ANN") as harness:
        harness.slack.faults.add(SlackFault("auth.test", delay=0.5, times=1))

        await harness.ann.open_home()

        view = await until_home_shows(harness, "Checking this installation…")
        assert NONE_YET in text_on(view)
        view = await until_home_shows(harness, "*Weav read*", "^checked {ago}|")
        found = text_under(view, "This installation")
        for point in ("Settings", "Database", "Slack token", "Weav read", "Clock"):
            assert f"*{point}*" in found
        assert "weav-sandbox-token" not in found
        others = await open_home(harness, harness.ben)
        assert blocks_under(others, "This installation") == []


async def test_the_installation_is_not_checked_at_each_opening(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, slack_admins="U0ANN") as harness:
        await harness.ann.open_home()
        await until_home_shows(harness, "*Weav read*")
        asked = len(harness.weav.requests)

        view = await open_home(harness)

        assert "*Weav read*" in text_on(view)
        assert len(harness.weav.requests) == asked


async def test_findings_that_an_admin_asked_for_are_in_their_tab(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path, slack_admins="U0ANN") as harness:
        await harness.ann.command("check")
        said = await harness.slack.until(lambda slack: [m for m in slack.from_bot() if m.blocks])
        assert "*Weav read*" in text_on(said[0])
        asked = len(harness.weav.requests)

        view = await open_home(harness)

        assert "*Weav read*" in text_on(view)
        assert len(harness.weav.requests) == asked


async def test_the_tab_is_published_once_the_database_is_back(harness: Harness) -> None:
    await execute(harness, "ALTER TABLE home_tabs RENAME TO elsewhere")

    view = await open_home(harness)

    assert "database does not answer" in text_on(view)
    assert buttons(view.blocks) == ["New conversation"]
    await execute(harness, "ALTER TABLE elsewhere RENAME TO home_tabs")
    await until_home_shows(harness, NONE_YET)
    await post_card(harness, subject="Export hangs")
    await until_home_shows(harness, "Export hangs: created · ")


async def test_a_tab_that_was_reopened_after_an_outage_is_not_published_once_more(
    harness: Harness,
) -> None:
    await harness.bot.services.scheduler.stop()
    await execute(harness, "ALTER TABLE home_tabs RENAME TO elsewhere")
    assert "database does not answer" in text_on(await open_home(harness))
    await execute(harness, "ALTER TABLE elsewhere RENAME TO home_tabs")
    await harness.ann.open_home()
    await until_home_shows(harness, NONE_YET)
    home = harness.bot.services.home
    await home.publish("U0ANN")  # and its opening is recorded
    published = len(harness.slack.calls_of(PUBLISH))

    await home.redraw_changed()

    assert len(harness.slack.calls_of(PUBLISH)) == published


async def test_a_tab_that_cannot_be_rendered_does_not_delay_others(harness: Harness) -> None:
    await post_card(harness)
    await harness.entry_in(State.ANNOUNCED)
    await execute(harness, "ALTER TABLE home_tabs RENAME TO elsewhere")
    for person in (harness.ann, harness.ben):
        assert "database does not answer" in text_on(await open_home(harness, person))
    await execute(harness, "UPDATE submissions SET received_at = 'never'")

    await execute(harness, "ALTER TABLE elsewhere RENAME TO home_tabs")

    await until_home_shows(harness, NONE_YET, slack_user_id="U0BEN")
    await execute(harness, "UPDATE submissions SET received_at = 1")
    await post_card(harness, subject="Another")
    await open_home(harness)
    await until_home_shows(harness, "Another: created")


async def test_a_publication_delayed_by_the_database_overwrites_nothing_newer(
    harness: Harness,
) -> None:
    await execute(harness, "ALTER TABLE home_tabs RENAME TO elsewhere")
    harness.slack.faults.add(SlackFault(PUBLISH, delay=2.5, times=1))
    await harness.ann.open_home()
    async with asyncio.timeout(5):  # used up when the delayed call ends
        while harness.slack.faults.armed():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    await execute(harness, "ALTER TABLE elsewhere RENAME TO home_tabs")

    await harness.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) == 2)
    assert NONE_YET in text_on(harness.ann.home)


async def test_a_choice_while_the_database_is_down_is_answered_in_a_message(
    harness: Harness,
) -> None:
    await submit_unconfirmed(harness)
    await open_home(harness)
    await execute(harness, "ALTER TABLE submissions RENAME TO elsewhere")

    await harness.ann.act_in_home(ids.LEAVE)

    said = await harness.direct_message()
    assert "database does not answer" in text_on(said)
    await execute(harness, "ALTER TABLE elsewhere RENAME TO submissions")
    await harness.ann.act_in_home(ids.LEAVE)
    await until_home_shows(harness, "left as it is")


async def test_a_choice_whose_tab_slack_refuses_is_answered_in_a_message(
    harness: Harness,
) -> None:
    await submit_unconfirmed(harness)
    await open_home(harness)
    harness.slack.home_tab_enabled = False

    await harness.ann.act_in_home(ids.LOOK_AGAIN)

    said = await harness.direct_message()
    assert LOOKED in text_on(said)


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(PUBLISH, retry_after=1),
        SlackFault(PUBLISH, drop="before", times=1),
        SlackFault(PUBLISH, drop="after", times=1),
    ],
)
async def test_it_is_republished_after_an_outage_of_slack(
    harness: Harness, fault: SlackFault
) -> None:
    await open_home(harness)
    await post_card(harness, subject="Export hangs")
    await until_home_shows(harness, "Export hangs: created · ")
    await submit_unconfirmed(harness, "Another one")
    harness.slack.faults.add(fault)

    await harness.ann.open_home()

    await until_home_shows(harness, "Another one: not confirmed")


async def test_a_tab_is_updated_even_if_its_recorded_hash_is_wrong(
    harness: Harness,
) -> None:
    await open_home(harness)
    await execute(harness, "UPDATE home_tabs SET hash = '1.ffffffff'")

    await post_card(harness, subject="Export hangs")

    await until_home_shows(harness, "Export hangs: created · ")


async def test_a_change_in_one_replica_updates_a_tab_that_another_one_published(
    harness: Harness,
) -> None:
    await open_home(harness)
    async with another_bot(harness, "U0ANN") as ann:
        await ann.command(f"{JANE} email")
        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
        await ann.submit({"subject": "By the other one"})

        await until_home_shows(harness, "By the other one: created · ")


async def test_a_replica_does_not_overwrite_a_newer_tab_of_another(harness: Harness) -> None:
    await submit_unconfirmed(harness)
    await open_home(harness)
    async with another_bot(harness, "U0ANN") as ann:
        harness.slack.faults.add(SlackFault(PUBLISH, delay=1.5, times=1))
        await harness.ann.open_home()
        async with asyncio.timeout(5):  # used up when the delayed call ends
            while harness.slack.faults.armed():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        await ann.act_in_home(ids.LEAVE)

        await until_home_shows(harness, "left as it is")
        # Slack refuses the delayed call, and the tab is published with the current state.
        await harness.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) >= 4)
        codes = [call.answer.get("error") for call in harness.slack.calls_of(PUBLISH)]
        assert codes.count("hash_conflict") == 1
    await until_home_shows(harness, "left as it is")


async def test_a_tab_that_a_dead_replica_left_stale_is_published_by_another(tmp_path: Path) -> None:
    async with bot_with_settings(tmp_path) as harness:
        await submit_unconfirmed(harness)
        await open_home(harness)
    await execute(harness, "UPDATE submissions SET state = 'left'")

    async with bot_with_settings(tmp_path) as again:
        await until_home_shows(again, "left as it is")


async def test_a_tab_that_was_not_opened_for_a_day_is_not_updated(harness: Harness) -> None:
    await open_home(harness)
    await open_home(harness, harness.ben)
    await execute(
        harness, "UPDATE home_tabs SET opened_at = opened_at - 86500 WHERE slack_user_id = 'U0ANN'"
    )
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    card = await post_card(harness, subject="Export hangs")

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    await until_home_shows(harness, "Export hangs", slack_user_id="U0BEN")
    assert NONE_YET in text_on(harness.ann.home)


async def test_background_updates_of_tabs_are_paced(harness: Harness) -> None:
    home = harness.bot.services.home
    for person in (harness.ann, harness.ben, Person(harness.slack, "U0CAT", harness.ann.endpoint)):
        await open_home(harness, person)
        await home.publish(person.slack_user_id)  # and its opening is recorded
    before = len(harness.slack.calls_of(PUBLISH))
    await execute(harness, "UPDATE home_tabs SET content = 'older'")
    home.changed("U0CAT")

    await asyncio.gather(home.redraw_all(), home.redraw_changed())

    began = [call.at for call in harness.slack.calls_of(PUBLISH)[before:]]
    assert len(began) == 3
    assert all(later - earlier > 1 for earlier, later in pairwise(began))


async def test_a_tab_that_is_up_to_date_is_not_republished(harness: Harness) -> None:
    await post_card(harness, subject="Export hangs")
    await harness.entry_in(State.ANNOUNCED)
    await open_home(harness)
    await open_home(harness, harness.ben)

    await tell_weav_id(harness.ann, ANN_IN_WEAV)
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    await harness.bot.services.home.redraw_changed()
    await harness.bot.services.home.redraw_all()

    assert len(harness.slack.calls_of(PUBLISH)) == 2


async def test_an_app_without_a_home_tab_sends_nothing_instead(harness: Harness) -> None:
    harness.slack.home_tab_enabled = False
    await harness.ann.send_event(harness.ann.home_delivery())
    await harness.slack.until(lambda slack: slack.calls_of(PUBLISH))

    await post_card(harness, subject="Export hangs")

    await harness.entry_in(State.ANNOUNCED)
    assert harness.slack.from_bot(harness.slack.direct_messages("U0ANN").id) == []
