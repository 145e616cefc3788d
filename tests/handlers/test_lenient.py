"""Payloads with missing or null parts are read, and answered as far as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from bot.sandbox.slack import Delivery
from bot.sandbox.slack.actions import action_entry, find_in_message
from bot.slack import ids
from tests.house import JANE, House, Mode, house, text_on
from tests.metrics import scrape, value
from tests.strangers.samples import MISSING, nested, replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack import Answer

MODES: tuple[Mode, ...] = get_args(Mode)
NOTHING = [None, MISSING]
UNKNOWN = "This is nothing that the Weav bot knows."


@pytest.fixture(params=MODES)
async def either_mode(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, mode=request.param) as opened:
        yield opened


def delivery(payload: Any, *place: str | int, nothing: object) -> Delivery:  # noqa: ANN401
    return Delivery("interactive", replaced(payload, place, nothing))


def taken(answer: Answer) -> Answer:
    assert (answer.status, answer.trouble) == (200, "")
    return answer


@pytest.mark.parametrize("nothing", NOTHING)
async def test_a_form_that_cannot_be_routed_stays_and_says_so(
    either_mode: House, nothing: object
) -> None:
    await either_mode.fill_in()
    whole = either_mode.ann.submission_delivery().payload

    answer = taken(
        await either_mode.ann.send(delivery(whole, "view", "callback_id", nothing=nothing))
    )

    [said] = answer.errors.values()
    assert said.startswith(UNKNOWN)
    assert either_mode.ann.view.is_open
    assert either_mode.weav.creations == []
    await either_mode.ann.submit()
    await either_mode.card()


async def test_a_form_without_inputs_that_cannot_be_routed_is_told_privately(
    either_mode: House,
) -> None:
    await either_mode.fill_in()
    whole = either_mode.ann.submission_delivery().payload
    whole["view"]["blocks"] = [{"type": "divider", "block_id": "x"}]

    taken(await either_mode.ann.send(delivery(whole, "view", "callback_id", nothing=None)))

    assert text_on(await either_mode.direct_message()).startswith(UNKNOWN)


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("name", ["private_metadata", "type", "hash"])
async def test_a_form_without_its_metadata_is_submitted_all_the_same(
    either_mode: House, name: str, nothing: object
) -> None:
    await either_mode.fill_in()
    whole = either_mode.ann.submission_delivery().payload

    taken(await either_mode.ann.send(delivery(whole, "view", name, nothing=nothing)))

    assert JANE in text_on(await either_mode.card())


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("name", ["callback_id", "private_metadata", "id", "type"])
async def test_selects_have_options_even_if_the_view_is_incomplete(
    either_mode: House, name: str, nothing: object
) -> None:
    await either_mode.fill_in()
    ann = either_mode.ann
    whole = ann.payloads.suggestion(ann.view, "customer_id", "customer_id", "new@example.com")

    answer = taken(await ann.send(delivery(whole, "view", name, nothing=nothing)))

    assert [option["value"] for option in answer.body["options"]] == ["create:new@example.com"]


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("place", [("view", "callback_id"), ("team",), ("actions", 0, "block_id")])
async def test_a_choice_redraws_the_form_even_if_the_payload_is_incomplete(
    either_mode: House, place: tuple[str | int, ...], nothing: object
) -> None:
    await either_mode.fill_in()
    view = either_mode.ann.view
    option = {"text": {"type": "plain_text", "text": "A person"}, "value": "user"}
    action = {
        "type": "static_select",
        "block_id": ids.ASSIGNEE_TYPE,
        "action_id": ids.ASSIGNEE_TYPE,
        "selected_option": option,
    }
    whole = either_mode.ann.payloads.action_in_view(view, action)
    whole["view"]["state"]["values"][ids.ASSIGNEE_TYPE][ids.ASSIGNEE_TYPE] = action
    drawn = view.updates

    taken(await either_mode.ann.send(delivery(whole, *place, nothing=nothing)))

    await either_mode.slack.until(lambda _: either_mode.ann.view.updates > drawn)


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    "place", [("team",), ("actions", 0, "type"), ("message",), ("response_url",), ("trigger_id",)]
)
async def test_a_click_on_a_card_is_carried_out_even_if_the_payload_is_incomplete(
    either_mode: House, place: tuple[str | int, ...], nothing: object
) -> None:
    await either_mode.fill_in()
    await either_mode.ann.submit()
    card = await either_mode.card()
    _, block, element = find_in_message(either_mode.slack, "U0ANN", ids.CLOSE)
    action = action_entry(block, element, None)
    whole = either_mode.ann.payloads.action_in_message(card, {}, action)

    taken(await either_mode.ann.send(delivery(whole, *place, nothing=nothing)))

    await either_mode.slack.until(lambda _: "closed it" in text_on(card))


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    "place", [("team",), ("channel",), ("message",), ("message", "text"), ("message_ts",)]
)
async def test_an_incomplete_message_shortcut_opens_a_form(
    either_mode: House, place: tuple[str, ...], nothing: object
) -> None:
    message = either_mode.slack.message(either_mode.ann.say("The export hangs", "C0SUPPORT"))
    assert message
    whole = either_mode.ann.payloads.message_shortcut(ids.MESSAGE_SHORTCUT, message)

    taken(await either_mode.ann.send(delivery(whole, *place, nothing=nothing)))

    await either_mode.slack.until(lambda slack: slack.top_view("U0ANN"))


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("name", ["trigger_id", "response_url"])
async def test_a_shortcut_whose_form_cannot_open_is_told_privately(
    either_mode: House, name: str, nothing: object
) -> None:
    message = either_mode.slack.message(either_mode.ann.say("The export hangs", "C0SUPPORT"))
    assert message
    whole = either_mode.ann.payloads.message_shortcut(ids.MESSAGE_SHORTCUT, message)
    whole["trigger_id"] = None

    taken(await either_mode.ann.send(delivery(whole, name, nothing=nothing)))

    told = either_mode.direct_message if name == "response_url" else either_mode.private_answer
    assert "Open the form" in text_on(await told())


@pytest.mark.parametrize("name", ["text", "team_id", "channel_id", "response_url", "user_name"])
async def test_a_command_opens_a_form_whatever_else_is_missing(
    either_mode: House, name: str
) -> None:
    sent = either_mode.ann.command_delivery("Export hangs")
    # Over HTTP a command is form-encoded, which has no null.
    nothing = None if either_mode.bot.socket else MISSING
    payload = replaced(sent.payload, (name,), nothing)

    await either_mode.ann.endpoint.deliver(Delivery("slash_commands", payload))

    await either_mode.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_command_whose_form_cannot_open_is_told_privately(either_mode: House) -> None:
    sent = either_mode.ann.command_delivery("Export hangs")
    nothing = None if either_mode.bot.socket else MISSING

    await either_mode.ann.send(
        Delivery("slash_commands", replaced(sent.payload, ("trigger_id",), nothing))
    )

    assert "Open the form" in text_on(await either_mode.private_answer())


async def test_a_payload_without_a_user_does_nothing_and_is_counted(either_mode: House) -> None:
    ann = either_mode.ann
    await either_mode.fill_in()
    calls = len(either_mode.slack.calls)
    command = replaced(ann.command_delivery("status").payload, ("user_id",), "")
    submission = replaced(ann.submission_delivery().payload, ("user", "id"), "")

    for sent in (Delivery("slash_commands", command), Delivery("interactive", submission)):
        reply = await ann.endpoint.deliver(sent)
        assert reply.status == (200 if either_mode.bot.socket else 400)
        assert reply.body in {b"", b"malformed"}

    assert len(either_mode.slack.calls) == calls
    metrics = await scrape(either_mode)
    assert value(metrics, "weav_slack_refusals_total", reason="nobody") == 2
    assert either_mode.weav.creations == []


async def test_slacks_ssl_check_needs_no_user(either_mode: House) -> None:
    payload: dict[str, object] = {"ssl_check": "1", "token": "x"}

    reply = await either_mode.ann.endpoint.deliver(Delivery("slash_commands", payload))

    assert (reply.status, reply.body) == (200, b"")
    metrics = await scrape(either_mode)
    assert value(metrics, "weav_slack_refusals_total", reason="nobody") == 0


@pytest.mark.parametrize("odd", [7, "x", ["x"], {"id": 7}, "x" * 300])
async def test_malformed_parts_that_are_not_needed_change_nothing(
    either_mode: House, odd: object
) -> None:
    """Bolt reads some of these parts, too."""
    await either_mode.fill_in()
    whole = either_mode.ann.submission_delivery().payload
    names = ("team", "enterprise", "channel", "message", "response_urls", "trigger_id", "item")
    whole |= dict.fromkeys((*names, "authorizations", "event", "function_data"), odd)
    whole["user"]["team_id"] = whole["view"]["app_installed_team_id"] = odd

    taken(await either_mode.ann.send(Delivery("interactive", whole)))

    assert JANE in text_on(await either_mode.card())


@pytest.mark.parametrize("depth", [100, 900])
async def test_deep_nesting_causes_no_failure(either_mode: House, depth: int) -> None:
    await either_mode.fill_in()
    whole = either_mode.ann.submission_delivery().payload
    whole["view"]["blocks"].append(nested(depth))

    reply = await either_mode.ann.endpoint.deliver(Delivery("interactive", whole))

    assert reply.status in (200, 400)
    taken(await either_mode.ann.command("help"))
    metrics = await scrape(either_mode)
    assert value(metrics, "weav_slack_failures_total", where="handler") == 0


async def test_a_lone_surrogate_becomes_a_question_mark(tmp_path: Path) -> None:
    """JSON can contain one, and the SDK's parser in Socket Mode accepts it."""
    async with house(tmp_path, mode="socket") as at_home:
        await at_home.fill_in()
        whole = at_home.ann.submission_delivery().payload
        whole["view"]["state"]["values"]["subject"]["subject"]["value"] = "a\ud800b"

        taken(await at_home.ann.send(Delivery("interactive", whole)))

        await at_home.card()
        assert at_home.weav.creations[0].json["subject"] == "a?b"
