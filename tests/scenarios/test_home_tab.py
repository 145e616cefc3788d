"""The home tab: what waits for a person, how their conversations are, and a way to the form."""

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
from tests.house import CREATE, JANE, LIST, House, Mode, house, text_on
from tests.scenarios.cards import (
    ANN_IN_WEAV,
    BEN_IN_WEAV,
    another_bot,
    conversation_in,
    drawn,
    execute,
    introduced,
    posted,
)
from tests.scenarios.conftest import greeted
from tests.scenarios.filling import NEW_CUSTOMER

PUBLISH = "views.publish"
NONE_YET = "You have opened none yet"
HOSTILE = "<!channel> *bold* <@U0BEN> & <https://evil.example|here> `x` evil.example @here ~no~"


def blocks_under(view: SlackView, heading: str) -> list[dict[str, Any]]:
    """Give what stands between this heading and the next one; nothing if it is not there."""
    found: list[dict[str, Any]] = []
    under = ""
    for block in view.blocks:
        if block["type"] == "header":
            under = block["text"]["text"]
        elif under == heading:
            found.append(block)
    return found


def under(view: SlackView, heading: str) -> str:
    texts = [block["text"]["text"] for block in blocks_under(view, heading) if "text" in block]
    return "\n".join(texts)


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


async def until_home(
    opened: House, look: Callable[[SlackView], bool], slack_user_id: str = "U0ANN"
) -> SlackView:
    def seen(_: object) -> SlackView | None:
        view = opened.slack.homes.get(slack_user_id)
        return view if view and look(view) else None

    return await opened.slack.until(seen)


async def shows(opened: House, *texts: str, slack_user_id: str = "U0ANN") -> SlackView:
    return await until_home(
        opened, lambda view: all(text in text_on(view) for text in texts), slack_user_id
    )


async def opened_home(opened: House, person: Person | None = None) -> SlackView:
    """Open it, and wait until it is drawn for this opening."""
    person = person or opened.ann
    before = len(opened.slack.calls_of(PUBLISH))
    answer = await person.open_home()
    assert (answer.status, answer.trouble, answer.body) == (200, "", "")
    await opened.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) > before)
    return await until_home(opened, lambda _: True, person.slack_user_id)


async def published_again(opened: House, before: int) -> None:
    await opened.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) > before)


async def refused(opened: House, subject: str = "Export hangs") -> None:
    opened.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await opened.fill_in(subject=subject)
    await opened.ann.submit()
    await opened.ann.close()


async def unconfirmed(opened: House, subject: str = "Export hangs") -> None:
    opened.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await opened.fill_in(subject=subject)
    await opened.ann.submit()
    await opened.entry_in(State.UNCONFIRMED)
    await opened.slack.until(
        lambda slack: "may have been created or not" in text_on(slack.top_view("U0ANN"))
    )
    await opened.ann.close()


async def test_whoever_opens_it_first_finds_the_way_to_the_form(any_way: House) -> None:
    view = await opened_home(any_way)

    assert buttons(view.blocks) == ["New conversation"]
    assert "None, as far as the bot knows." in under(view, "Your open conversations")
    assert NONE_YET in under(view, "Your last submissions")
    assert any_way.weav.requests == []


async def test_it_shows_how_conversations_are_without_asking_weav(any_way: House) -> None:
    await posted(any_way, subject="Export hangs", priority="urgent")
    await any_way.entry_in(State.ANNOUNCED)
    asked = len(any_way.weav.requests)

    view = await opened_home(any_way)

    said = under(view, "Your open conversations")
    id_ = conversation_in(any_way)["id"]
    assert f"*<https://app.weav.example/conversations/{id_}|Export hangs>*" in said
    for fact in (":red_circle: Urgent", ":large_green_circle: Open", ":email: Email"):
        assert fact in said
    assert "^opened {ago}|" in said
    assert "<#C0SUPPORT>" in said
    assert "Export hangs: created · " in under(view, "Your last submissions")
    assert blocks_under(view, "Waiting for you") == []
    assert len(any_way.weav.requests) == asked


async def test_what_waits_has_the_buttons_of_status(at_home: House) -> None:
    await unconfirmed(at_home, "Not confirmed")
    await refused(at_home, "Refused")

    view = await opened_home(at_home)

    waiting = blocks_under(view, "Waiting for you")
    assert [block["type"] for block in waiting] == ["section", "actions"] * 2
    assert buttons(waiting) == ["Open the form", "Look again", "Create again", "Leave it"]
    said = under(view, "Waiting for you")
    assert "Refused: refused · " in said
    assert "Not confirmed: not confirmed · " in said
    latest = blocks_under(view, "Your last submissions")
    assert buttons(latest) == []
    assert "Refused: refused" in under(view, "Your last submissions")


async def test_what_was_sent_again_waits_no_more(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await at_home.fill_in(subject="Corrected in the same form")
    await at_home.ann.submit()
    await at_home.ann.submit({"subject": "Corrected"})
    await at_home.card()
    await refused(at_home, "Sent from its button")
    await opened_home(at_home)
    await at_home.ann.act_in_home(ids.REOPEN, block_id=row_of(at_home.ann.home, "Open the form"))
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))

    await at_home.ann.submit({"subject": "Sent from its button, corrected"})

    view = await until_home(at_home, lambda view: "corrected: created" in text_on(view))
    assert blocks_under(view, "Waiting for you") == []
    # As in `status`, what was typed can still be had.
    assert buttons(blocks_under(view, "Your last submissions")) == ["Open the form"] * 2


async def test_what_was_sent_again_from_a_message_waits_no_more(at_home: House) -> None:
    at_home.weav.fail(WeavFault(hold=2.2, status=403, times=1, **CREATE))
    await at_home.fill_in(subject="Refused late")
    await at_home.ann.submit()
    await at_home.ann.close()
    said = await at_home.direct_message()
    await at_home.ann.click(ids.REOPEN, said.ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))

    await at_home.ann.submit({"subject": "Corrected"})

    await at_home.card()
    view = await opened_home(at_home)
    assert "Refused late: refused" in text_on(view)
    assert blocks_under(view, "Waiting for you") == []


async def test_what_was_sent_again_with_a_new_customer_waits_no_more(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=403, times=1, **NEW_CUSTOMER))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.type_in({"customer_id": "new@example.com"})
    await at_home.ann.submit()
    await at_home.ann.close()
    await opened_home(at_home)
    await at_home.ann.act_in_home(ids.REOPEN, block_id=row_of(at_home.ann.home, "Open the form"))
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))

    await at_home.ann.submit()

    view = await until_home(at_home, lambda view: "Export hangs: created" in text_on(view))
    assert blocks_under(view, "Waiting for you") == []


async def test_what_was_sent_again_from_another_form_waits_no_more(at_home: House) -> None:
    await refused(at_home)
    view = await opened_home(at_home)
    assert buttons(blocks_under(view, "Waiting for you")) == ["Open the form"]

    await posted(at_home)

    view = await until_home(at_home, lambda view: "Export hangs: created" in text_on(view))
    assert blocks_under(view, "Waiting for you") == []


def row_of(view: SlackView, label: str) -> str:
    """Name the first block with such a button."""
    return next(
        str(block["block_id"])
        for block in view.blocks
        if block["type"] == "actions"
        and label in [element["text"]["text"] for element in block["elements"]]
    )


async def test_the_form_opens_from_it_empty_with_nothing_of_a_channel(any_way: House) -> None:
    await opened_home(any_way)
    before = len(any_way.slack.calls_of(PUBLISH))

    answer = await any_way.ann.act_in_home(ids.REOPEN)

    assert (answer.status, answer.trouble) == (200, "")
    view = await any_way.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] in {None, ""}
    await published_again(any_way, before)
    await any_way.ann.submit(
        {"customer_id": JANE, "channel": "email", "subject": "From home", "post_to": "C0SUPPORT"}
    )
    card = await any_way.card()
    assert "Opened by <@U0ANN> in the home tab · " in text_on(card)
    await shows(any_way, "From home: created")


async def test_a_refused_form_comes_back_from_it(any_way: House) -> None:
    await refused(any_way, "Export hangs")
    await opened_home(any_way)
    before = len(any_way.slack.calls_of(PUBLISH))

    await any_way.ann.act_in_home(ids.REOPEN, block_id=row_of(any_way.ann.home, "Open the form"))

    view = await any_way.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    await published_again(any_way, before)


LOOKED = "The bot looked again and did not find it for certain."


async def look_again(opened: House) -> None:
    await opened.ann.act_in_home(ids.LOOK_AGAIN)
    view = await shows(opened, LOOKED)
    assert "Look again" in buttons(blocks_under(view, "Waiting for you"))


async def create_again(opened: House) -> None:
    await opened.ann.act_in_home(ids.CREATE_AGAIN)
    await opened.card()
    view = await shows(opened, "Export hangs: created · ")
    assert blocks_under(view, "Waiting for you") == []
    assert "Export hangs" in under(view, "Your open conversations")


async def leave_it(opened: House) -> None:
    await opened.ann.act_in_home(ids.LEAVE)
    view = await shows(opened, "not confirmed, left as it is")
    assert blocks_under(view, "Waiting for you") == []
    assert buttons(blocks_under(view, "Your last submissions")) == ["Open the form"]


@pytest.mark.parametrize("choose", [look_again, create_again, leave_it])
async def test_a_choice_in_it_is_answered_by_the_tab_alone(
    any_way: House, choose: Callable[[House], Awaitable[None]]
) -> None:
    await unconfirmed(any_way)
    await opened_home(any_way)
    updates = len(any_way.slack.calls_of("views.update"))

    await choose(any_way)

    assert len(any_way.slack.calls_of("views.update")) == updates
    assert any_way.slack.from_bot(any_way.slack.direct_messages("U0ANN").id) == []


async def test_it_is_drawn_again_while_a_submission_goes_its_way(any_way: House) -> None:
    await opened_home(any_way)
    any_way.weav.fail(WeavFault(hold=1.5, times=1, **CREATE))
    await any_way.fill_in(subject="Export hangs")

    submitting = asyncio.create_task(any_way.ann.submit())

    await shows(any_way, "Export hangs: being created")
    await shows(any_way, "Export hangs: created · ", "|Export hangs>*")
    await submitting


async def test_a_click_on_a_card_is_seen_in_its_authors_tab(at_home: House) -> None:
    card = await posted(at_home, subject="Export hangs")
    await opened_home(at_home)

    await at_home.ben.click(ids.SET_PRIORITY, card.ts, "high")

    await shows(at_home, ":large_orange_circle: High")
    await at_home.ben.click(ids.CLOSE, card.ts)
    view = await until_home(at_home, lambda view: ":large_green_circle:" not in text_on(view))
    assert "None, as far as the bot knows." in under(view, "Your open conversations")


async def test_whom_a_conversation_is_assigned_to_has_it_in_their_tab(at_home: House) -> None:
    await introduced(at_home.ann, ANN_IN_WEAV)
    await introduced(at_home.ben, BEN_IN_WEAV)
    card = await posted(at_home, subject="Export hangs")
    await opened_home(at_home, at_home.ben)

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    view = await shows(at_home, "|Export hangs>*", slack_user_id="U0BEN")
    assert NONE_YET in under(view, "Your last submissions")
    await drawn(at_home, card, "took it")
    await at_home.ann.click(ids.ASSIGN_TO_ME, card.ts)
    await until_home(at_home, lambda view: "Export hangs" not in text_on(view), "U0BEN")


async def test_who_says_later_that_they_are_the_same_person_sees_nothing_of_it(
    at_home: House,
) -> None:
    await introduced(at_home.ben, BEN_IN_WEAV)
    card = await posted(at_home, subject="Export hangs")
    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)
    await drawn(at_home, card, "took it")
    cat = Person(at_home.slack, "U0CAT", at_home.ann.endpoint)
    await introduced(cat, BEN_IN_WEAV)
    await introduced(at_home.ben, BEN_IN_WEAV)

    seen = await opened_home(at_home, cat)

    assert "Export hangs" not in text_on(seen)
    await opened_home(at_home, at_home.ben)
    await shows(at_home, "Export hangs", slack_user_id="U0BEN")


async def test_who_says_who_they_are_finds_what_is_theirs(at_home: House) -> None:
    await introduced(at_home.ann, ANN_IN_WEAV)
    await at_home.fill_in(subject="For Ben", assignee_type="user")
    await at_home.ann.type_in({"assignee_id": BEN_IN_WEAV})
    await at_home.ann.submit()
    await at_home.card()
    await opened_home(at_home, at_home.ben)

    await introduced(at_home.ben, BEN_IN_WEAV)

    await shows(at_home, "For Ben", slack_user_id="U0BEN")


async def test_hostile_words_stay_words(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await at_home.fill_in(subject=HOSTILE)
    await at_home.ann.submit()
    await at_home.ann.submit({"subject": f"{HOSTILE} again"})
    await at_home.card()
    await refused(at_home, HOSTILE)

    view = await opened_home(at_home)

    said = text_on(view)
    assert "channel" in said
    for active in ("<!channel", "<@", "<https://evil", " *bold*", "`x`", " evil.example", "~no~"):
        assert active not in said


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_repeated_event_draws_nothing(tmp_path: Path, mode: Mode) -> None:
    async with with_settings(tmp_path, mode=mode) as at_home:
        delivery = at_home.ann.home_delivery()
        for each in (delivery, delivery, delivery.again(), delivery.again("http_error")):
            answer = await at_home.ann.send_event(each)
            assert (answer.status, answer.trouble) == (200, "")

    assert len(at_home.slack.calls_of(PUBLISH)) == 1  # what the bot had begun is done now


async def test_an_event_of_which_only_the_repetition_comes_is_followed(any_way: House) -> None:
    await any_way.ann.send_event(any_way.ann.home_delivery().again("http_timeout"))

    await shows(any_way, NONE_YET)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_another_tab_and_other_events_are_taken_and_that_is_all(
    tmp_path: Path, mode: Mode
) -> None:
    async with with_settings(tmp_path, mode=mode) as at_home:
        other = {"type": "reaction_added", "user": "U0ANN", "event_ts": "1.0"}
        for delivery in (
            at_home.ann.home_delivery("messages"),
            Delivery("events_api", at_home.ann.payloads.event(other)),
        ):
            answer = await at_home.ann.send_event(delivery)
            assert (answer.status, answer.trouble, answer.body) == (200, "", "")

    assert at_home.slack.calls_of(PUBLISH) == []
    assert at_home.slack.from_bot() == []


async def test_an_event_that_names_nobody_is_refused(at_home: House) -> None:
    delivery = at_home.ann.home_delivery()
    delivery.payload["event"]["user"] = {"id": "U0ANN"}

    answer = await at_home.ann.send_event(delivery)

    assert answer.status == 400
    assert at_home.slack.calls_of(PUBLISH) == []


async def test_what_is_found_moves_to_the_open_ones(at_home: House) -> None:
    hidden = at_home.weav.fail(WeavFault(status=200, body=b'{"data": []}', **LIST))
    at_home.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await at_home.entry_in(State.UNCONFIRMED)
    await opened_home(at_home)
    at_home.weav.faults.remove(hidden)

    await at_home.ann.act_in_home(ids.LOOK_AGAIN)

    await at_home.card()
    await until_home(at_home, lambda view: "Export hangs" in under(view, "Your open conversations"))
    assert len(at_home.weav.conversations) == 1


@asynccontextmanager
async def with_settings(
    tmp_path: Path, *, scopes: tuple[str, ...] = (), mode: Mode = "http", **variables: str
) -> AsyncIterator[House]:
    upper = {name.upper(): value for name, value in variables.items()}
    async with house(tmp_path, mode=mode, change=lambda names: names.update(upper)) as opened:
        opened.slack.scopes += scopes
        await greeted(opened)
        yield opened


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_who_may_not_use_the_bot_sees_why_and_whom_to_ask(tmp_path: Path, mode: Mode) -> None:
    async with with_settings(
        tmp_path, mode=mode, slack_denied_users="U0ANN", slack_admins="U0BEN"
    ) as at_home:
        view = await opened_home(at_home)

        assert text_on(view) == "Sorry, you may not use the Weav bot. Ask <@U0BEN>."
        assert at_home.slack.from_bot() == []


async def test_who_may_not_any_more_sees_why_with_the_next_click_or_change(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as at_home:
        await unconfirmed(at_home)
        await opened_home(at_home)
        at_home.variables["SLACK_DENIED_USERS"] = "U0ANN"
        at_home.variables["SLACK_ADMINS"] = "U0BEN"
        async with another_bot(at_home, "U0ANN") as denied:
            await denied.act_in_home(ids.LEAVE)

            await shows(at_home, "Sorry, you may not use the Weav bot. Ask <@U0BEN>.")
            assert (await at_home.entries())[0].state is State.UNCONFIRMED


async def test_a_tab_of_somebody_who_is_denied_since_is_not_drawn_on(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as at_home:
        await unconfirmed(at_home)
        await opened_home(at_home)
    at_home.variables["SLACK_DENIED_USERS"] = "U0ANN"
    await execute(at_home, "UPDATE submissions SET state = 'left'")
    async with with_settings(tmp_path, slack_denied_users="U0ANN") as again:
        view = await shows(again, "Sorry, you may not use the Weav bot.")

        assert "Export hangs" not in text_on(view)


async def test_guests_see_why(tmp_path: Path) -> None:
    async with with_settings(tmp_path, scopes=("users:read",)) as at_home:
        cat = Person(at_home.slack, "U0CAT", at_home.ann.endpoint)

        view = await opened_home(at_home, cat)

        assert "guests may not" in text_on(view)


async def test_people_of_other_organisations_see_why_wherever_the_event_says_it_happened(
    tmp_path: Path,
) -> None:
    async with with_settings(
        tmp_path, scopes=("users:read",), slack_allow_guests="true"
    ) as at_home:
        eve = Person(at_home.slack, "U0EVE", at_home.ann.endpoint)
        assert eve.home_delivery().payload["team_id"] == "T0SANDBOX"

        view = await opened_home(at_home, eve)

        assert "only for people of the organisation" in text_on(view)


async def test_of_whom_slack_says_nothing_in_time_sees_nothing(tmp_path: Path) -> None:
    async with with_settings(tmp_path, scopes=("users:read",)) as at_home:
        at_home.slack.faults.add(SlackFault("users.info", delay=2, times=1))

        view = await opened_home(at_home)

        assert "Slack does not say at the moment" in text_on(view)
        await at_home.slack.until(lambda slack: slack.calls_of("users.info"))


async def test_whom_slack_knows_later_has_their_tab_then(tmp_path: Path) -> None:
    async with with_settings(tmp_path, scopes=("users:read",)) as at_home:
        at_home.slack.faults.add(SlackFault("users.info", delay=1.5, times=1))
        view = await opened_home(at_home)
        assert "Slack does not say at the moment" in text_on(view)

        await shows(at_home, NONE_YET)


async def test_what_is_there_stays_while_slack_does_not_say_who_looks(tmp_path: Path) -> None:
    async with with_settings(tmp_path, scopes=("users:read",)) as at_home:
        await unconfirmed(at_home)
        await opened_home(at_home)
    async with with_settings(tmp_path, scopes=("users:read",)) as again:
        again.slack.faults.add(SlackFault("users.info", delay=1.5, times=1))

        await opened_home(again)

        await shows(again, "Export hangs: not confirmed")
        published = [str(call.arguments) for call in again.slack.calls_of(PUBLISH)]
        assert [each for each in published if "Slack does not say" in each] == []


async def test_whoever_may_use_it_again_has_their_tab_back(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as at_home:
        await opened_home(at_home)
    async with with_settings(tmp_path, slack_denied_users="U0ANN") as denying:
        view = await opened_home(denying)
        assert "you may not use the Weav bot" in text_on(view)

    async with with_settings(tmp_path) as again:
        await shows(again, NONE_YET)


async def test_an_admin_who_is_denied_since_sees_why_and_nothing_else(tmp_path: Path) -> None:
    async with with_settings(tmp_path, slack_admins="U0ANN") as at_home:
        await opened_home(at_home)
        await shows(at_home, "*Weav read*")
    await execute(at_home, "UPDATE home_tabs SET content = 'older'")
    async with with_settings(tmp_path, slack_admins="U0ANN", slack_denied_users="U0ANN") as denying:
        await shows(denying, "you may not use the Weav bot")

    view = denying.slack.homes["U0ANN"]  # what the bot had begun is done now
    assert text_on(view) == "Sorry, you may not use the Weav bot. Ask <@U0ANN>."


async def test_admins_see_what_check_finds(tmp_path: Path) -> None:
    async with with_settings(tmp_path, slack_admins="U0ANN") as at_home:
        at_home.slack.faults.add(SlackFault("auth.test", delay=0.5, times=1))

        await at_home.ann.open_home()

        view = await shows(at_home, "Checking this installation…")
        assert NONE_YET in text_on(view)
        view = await shows(at_home, "*Weav read*", "^checked {ago}|")
        found = under(view, "This installation")
        for point in ("Settings", "Database", "Slack token", "Weav read", "Clock"):
            assert f"*{point}*" in found
        assert "weav-sandbox-token" not in found
        others = await opened_home(at_home, at_home.ben)
        assert blocks_under(others, "This installation") == []


async def test_an_installation_is_not_looked_at_whenever_its_admin_looks(tmp_path: Path) -> None:
    async with with_settings(tmp_path, slack_admins="U0ANN") as at_home:
        await at_home.ann.open_home()
        await shows(at_home, "*Weav read*")
        asked = len(at_home.weav.requests)

        view = await opened_home(at_home)

        assert "*Weav read*" in text_on(view)
        assert len(at_home.weav.requests) == asked


async def test_what_an_admin_asked_for_is_in_their_tab(tmp_path: Path) -> None:
    async with with_settings(tmp_path, slack_admins="U0ANN") as at_home:
        await at_home.ann.command("check")
        said = await at_home.slack.until(lambda slack: [m for m in slack.from_bot() if m.blocks])
        assert "*Weav read*" in text_on(said[0])
        asked = len(at_home.weav.requests)

        view = await opened_home(at_home)

        assert "*Weav read*" in text_on(view)
        assert len(at_home.weav.requests) == asked


async def test_it_comes_when_the_database_is_back(at_home: House) -> None:
    await execute(at_home, "ALTER TABLE home_tabs RENAME TO elsewhere")

    view = await opened_home(at_home)

    assert "database does not answer" in text_on(view)
    assert buttons(view.blocks) == ["New conversation"]
    await execute(at_home, "ALTER TABLE elsewhere RENAME TO home_tabs")
    await shows(at_home, NONE_YET)
    await posted(at_home, subject="Export hangs")
    await shows(at_home, "Export hangs: created · ")


async def test_a_tab_that_cannot_be_drawn_holds_up_no_other(at_home: House) -> None:
    await posted(at_home)
    await at_home.entry_in(State.ANNOUNCED)
    await execute(at_home, "ALTER TABLE home_tabs RENAME TO elsewhere")
    for person in (at_home.ann, at_home.ben):
        assert "database does not answer" in text_on(await opened_home(at_home, person))
    await execute(at_home, "UPDATE submissions SET received_at = 'never'")

    await execute(at_home, "ALTER TABLE elsewhere RENAME TO home_tabs")

    await shows(at_home, NONE_YET, slack_user_id="U0BEN")
    await execute(at_home, "UPDATE submissions SET received_at = 1")
    await posted(at_home, subject="Another")
    await opened_home(at_home)
    await shows(at_home, "Another: created")


async def test_what_a_database_that_was_away_held_up_goes_over_nothing_newer(
    at_home: House,
) -> None:
    await execute(at_home, "ALTER TABLE home_tabs RENAME TO elsewhere")
    at_home.slack.faults.add(SlackFault(PUBLISH, delay=2.5, times=1))
    await at_home.ann.open_home()
    async with asyncio.timeout(5):  # a call that is held up is told of when it is over
        while at_home.slack.faults.armed():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    await execute(at_home, "ALTER TABLE elsewhere RENAME TO home_tabs")

    await at_home.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) == 2)
    assert NONE_YET in text_on(at_home.ann.home)


async def test_a_choice_while_the_database_is_away_is_answered_in_a_message(
    at_home: House,
) -> None:
    await unconfirmed(at_home)
    await opened_home(at_home)
    await execute(at_home, "ALTER TABLE submissions RENAME TO elsewhere")

    await at_home.ann.act_in_home(ids.LEAVE)

    said = await at_home.direct_message()
    assert "database does not answer" in text_on(said)
    await execute(at_home, "ALTER TABLE elsewhere RENAME TO submissions")
    await at_home.ann.act_in_home(ids.LEAVE)
    await shows(at_home, "left as it is")


async def test_a_choice_whose_tab_slack_does_not_take_is_answered_in_a_message(
    at_home: House,
) -> None:
    await unconfirmed(at_home)
    await opened_home(at_home)
    at_home.slack.home_tab_enabled = False

    await at_home.ann.act_in_home(ids.LOOK_AGAIN)

    said = await at_home.direct_message()
    assert LOOKED in text_on(said)


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(PUBLISH, retry_after=1),
        SlackFault(PUBLISH, drop="before", times=1),
        SlackFault(PUBLISH, drop="after", times=1),
    ],
)
async def test_it_is_published_again_when_slack_was_away(at_home: House, fault: SlackFault) -> None:
    await opened_home(at_home)
    await posted(at_home, subject="Export hangs")
    await shows(at_home, "Export hangs: created · ")
    await unconfirmed(at_home, "Another one")
    at_home.slack.faults.add(fault)

    await at_home.ann.open_home()

    await shows(at_home, "Another one: not confirmed")


async def test_what_slack_shows_counts_and_not_what_was_noted_of_it(at_home: House) -> None:
    await opened_home(at_home)
    await execute(at_home, "UPDATE home_tabs SET hash = '1.ffffffff'")

    await posted(at_home, subject="Export hangs")

    await shows(at_home, "Export hangs: created · ")


async def test_a_change_in_one_replica_is_drawn_where_another_one_opened_it(
    at_home: House,
) -> None:
    await opened_home(at_home)
    async with another_bot(at_home, "U0ANN") as ann:
        await ann.command(f"{JANE} email")
        await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
        await ann.submit({"subject": "By the other one"})

        await shows(at_home, "By the other one: created · ")


async def test_nothing_older_goes_over_what_another_replica_has_drawn(at_home: House) -> None:
    await unconfirmed(at_home)
    await opened_home(at_home)
    async with another_bot(at_home, "U0ANN") as ann:
        at_home.slack.faults.add(SlackFault(PUBLISH, delay=1.5, times=1))
        await at_home.ann.open_home()
        async with asyncio.timeout(5):  # a call that is held up is told of when it is over
            while at_home.slack.faults.armed():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        await ann.act_in_home(ids.LEAVE)

        await shows(at_home, "left as it is")
        # The one that was held up is refused, and drawn as everything is now.
        await at_home.slack.until(lambda slack: len(slack.calls_of(PUBLISH)) >= 4)
        codes = [call.answer.get("error") for call in at_home.slack.calls_of(PUBLISH)]
        assert codes.count("hash_conflict") == 1
    await shows(at_home, "left as it is")


async def test_what_a_dead_replica_left_undrawn_is_drawn_by_the_next(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as at_home:
        await unconfirmed(at_home)
        await opened_home(at_home)
    await execute(at_home, "UPDATE submissions SET state = 'left'")

    async with with_settings(tmp_path) as again:
        await shows(again, "left as it is")


async def test_a_tab_that_nobody_opened_for_a_day_is_left_alone(at_home: House) -> None:
    await opened_home(at_home)
    await opened_home(at_home, at_home.ben)
    await execute(
        at_home, "UPDATE home_tabs SET opened_at = opened_at - 86500 WHERE slack_user_id = 'U0ANN'"
    )
    await introduced(at_home.ben, BEN_IN_WEAV)
    card = await posted(at_home, subject="Export hangs")

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    await shows(at_home, "Export hangs", slack_user_id="U0BEN")
    assert NONE_YET in text_on(at_home.ann.home)


async def test_tabs_that_nobody_asks_for_are_drawn_at_one_pace(at_home: House) -> None:
    home = at_home.bot.services.home
    for person in (at_home.ann, at_home.ben, Person(at_home.slack, "U0CAT", at_home.ann.endpoint)):
        await opened_home(at_home, person)
        await home.publish(person.slack_user_id)  # and its opening is noted
    before = len(at_home.slack.calls_of(PUBLISH))
    await execute(at_home, "UPDATE home_tabs SET content = 'older'")
    home.changed("U0CAT")

    await asyncio.gather(home.redraw_all(), home.redraw_changed())

    began = [call.at for call in at_home.slack.calls_of(PUBLISH)[before:]]
    assert len(began) == 3
    assert all(later - earlier > 1 for earlier, later in pairwise(began))


async def test_a_tab_that_shows_everything_already_is_not_published_again(at_home: House) -> None:
    await posted(at_home, subject="Export hangs")
    await at_home.entry_in(State.ANNOUNCED)
    await opened_home(at_home)
    await opened_home(at_home, at_home.ben)

    await introduced(at_home.ann, ANN_IN_WEAV)
    await introduced(at_home.ben, BEN_IN_WEAV)
    await at_home.bot.services.home.redraw_changed()
    await at_home.bot.services.home.redraw_all()

    assert len(at_home.slack.calls_of(PUBLISH)) == 2


async def test_an_app_without_a_home_tab_is_told_of_nothing_else(at_home: House) -> None:
    at_home.slack.home_tab_enabled = False
    await at_home.ann.send_event(at_home.ann.home_delivery())
    await at_home.slack.until(lambda slack: slack.calls_of(PUBLISH))

    await posted(at_home, subject="Export hangs")

    await at_home.entry_in(State.ANNOUNCED)
    assert at_home.slack.from_bot(at_home.slack.direct_messages("U0ANN").id) == []
