"""Payloads with missing or null parts are read, and answered as far as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from bot.sandbox.slack import Delivery
from bot.sandbox.slack.actions import action_entry, find_in_message
from bot.slack import ids
from tests.harness import JANE, Harness, Mode, open_harness, text_on
from tests.metrics import scrape, value
from tests.strangers.samples import MISSING, nested, replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack import Answer

MODES: tuple[Mode, ...] = get_args(Mode)
NOTHING = [None, MISSING]
UNKNOWN = "The Weav bot does not know this action."


@pytest.fixture(params=MODES)
async def any_harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path, mode=request.param) as opened:
        yield opened


def delivery(payload: Any, *place: str | int, nothing: object) -> Delivery:  # noqa: ANN401
    return Delivery("interactive", replaced(payload, place, nothing))


def taken(answer: Answer) -> Answer:
    assert (answer.status, answer.trouble) == (200, "")
    return answer


@pytest.mark.parametrize("nothing", NOTHING)
async def test_a_form_that_cannot_be_routed_stays_and_says_so(
    any_harness: Harness, nothing: object
) -> None:
    await any_harness.fill_in()
    whole = any_harness.ann.submission_delivery().payload

    answer = taken(
        await any_harness.ann.send(delivery(whole, "view", "callback_id", nothing=nothing))
    )

    [said] = answer.errors.values()
    assert said.startswith(UNKNOWN)
    assert any_harness.ann.view.is_open
    assert any_harness.weav.creations == []
    await any_harness.ann.submit()
    await any_harness.card()


async def test_a_form_without_inputs_that_cannot_be_routed_is_told_privately(
    any_harness: Harness,
) -> None:
    await any_harness.fill_in()
    whole = any_harness.ann.submission_delivery().payload
    whole["view"]["blocks"] = [{"type": "divider", "block_id": "x"}]

    taken(await any_harness.ann.send(delivery(whole, "view", "callback_id", nothing=None)))

    assert text_on(await any_harness.direct_message()).startswith(UNKNOWN)


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("name", ["private_metadata", "type", "hash"])
async def test_a_form_without_its_metadata_is_submitted_all_the_same(
    any_harness: Harness, name: str, nothing: object
) -> None:
    await any_harness.fill_in()
    whole = any_harness.ann.submission_delivery().payload

    taken(await any_harness.ann.send(delivery(whole, "view", name, nothing=nothing)))

    assert JANE in text_on(await any_harness.card())


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("name", ["callback_id", "private_metadata", "id", "type"])
async def test_selects_have_options_even_if_the_view_is_incomplete(
    any_harness: Harness, name: str, nothing: object
) -> None:
    await any_harness.fill_in()
    ann = any_harness.ann
    whole = ann.payloads.suggestion(ann.view, "customer_id", "customer_id", "new@example.com")

    answer = taken(await ann.send(delivery(whole, "view", name, nothing=nothing)))

    assert [option["value"] for option in answer.body["options"]] == ["create:new@example.com"]


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("place", [("view", "callback_id"), ("team",), ("actions", 0, "block_id")])
async def test_a_choice_redraws_the_form_even_if_the_payload_is_incomplete(
    any_harness: Harness, place: tuple[str | int, ...], nothing: object
) -> None:
    await any_harness.fill_in()
    view = any_harness.ann.view
    option = {"text": {"type": "plain_text", "text": "A person"}, "value": "user"}
    action = {
        "type": "static_select",
        "block_id": ids.ASSIGNEE_TYPE,
        "action_id": ids.ASSIGNEE_TYPE,
        "selected_option": option,
    }
    whole = any_harness.ann.payloads.action_in_view(view, action)
    whole["view"]["state"]["values"][ids.ASSIGNEE_TYPE][ids.ASSIGNEE_TYPE] = action
    drawn = view.updates

    taken(await any_harness.ann.send(delivery(whole, *place, nothing=nothing)))

    await any_harness.slack.until(lambda _: any_harness.ann.view.updates > drawn)


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    "place", [("team",), ("actions", 0, "type"), ("message",), ("response_url",), ("trigger_id",)]
)
async def test_a_click_on_a_card_is_carried_out_even_if_the_payload_is_incomplete(
    any_harness: Harness, place: tuple[str | int, ...], nothing: object
) -> None:
    await any_harness.fill_in()
    await any_harness.ann.submit()
    card = await any_harness.card()
    _, block, element = find_in_message(any_harness.slack, "U0ANN", ids.CLOSE)
    action = action_entry(block, element, None)
    whole = any_harness.ann.payloads.action_in_message(card, {}, action)

    taken(await any_harness.ann.send(delivery(whole, *place, nothing=nothing)))

    await any_harness.slack.until(lambda _: "closed it" in text_on(card))


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    "place", [("team",), ("channel",), ("message",), ("message", "text"), ("message_ts",)]
)
async def test_an_incomplete_message_shortcut_opens_a_form(
    any_harness: Harness, place: tuple[str, ...], nothing: object
) -> None:
    message = any_harness.slack.message(any_harness.ann.say("The export hangs", "C0SUPPORT"))
    assert message
    whole = any_harness.ann.payloads.message_shortcut(ids.MESSAGE_SHORTCUT, message)

    taken(await any_harness.ann.send(delivery(whole, *place, nothing=nothing)))

    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize("name", ["trigger_id", "response_url"])
async def test_a_shortcut_whose_form_cannot_open_is_told_privately(
    any_harness: Harness, name: str, nothing: object
) -> None:
    message = any_harness.slack.message(any_harness.ann.say("The export hangs", "C0SUPPORT"))
    assert message
    whole = any_harness.ann.payloads.message_shortcut(ids.MESSAGE_SHORTCUT, message)
    whole["trigger_id"] = None

    taken(await any_harness.ann.send(delivery(whole, name, nothing=nothing)))

    told = any_harness.direct_message if name == "response_url" else any_harness.private_answer
    assert "Open the form" in text_on(await told())


@pytest.mark.parametrize("name", ["text", "team_id", "channel_id", "response_url", "user_name"])
async def test_a_command_opens_a_form_whatever_else_is_missing(
    any_harness: Harness, name: str
) -> None:
    sent = any_harness.ann.command_delivery("Export hangs")
    # Over HTTP a command is form-encoded, which has no null.
    nothing = None if any_harness.bot.socket else MISSING
    payload = replaced(sent.payload, (name,), nothing)

    await any_harness.ann.endpoint.deliver(Delivery("slash_commands", payload))

    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_command_whose_form_cannot_open_is_told_privately(any_harness: Harness) -> None:
    sent = any_harness.ann.command_delivery("Export hangs")
    nothing = None if any_harness.bot.socket else MISSING

    await any_harness.ann.send(
        Delivery("slash_commands", replaced(sent.payload, ("trigger_id",), nothing))
    )

    assert "Open the form" in text_on(await any_harness.private_answer())


async def test_a_payload_without_a_user_does_nothing_and_is_counted(any_harness: Harness) -> None:
    ann = any_harness.ann
    await any_harness.fill_in()
    calls = len(any_harness.slack.calls)
    command = replaced(ann.command_delivery("status").payload, ("user_id",), "")
    submission = replaced(ann.submission_delivery().payload, ("user", "id"), "")

    for sent in (Delivery("slash_commands", command), Delivery("interactive", submission)):
        reply = await ann.endpoint.deliver(sent)
        assert reply.status == (200 if any_harness.bot.socket else 400)
        assert reply.body in {b"", b"malformed"}

    assert len(any_harness.slack.calls) == calls
    metrics = await scrape(any_harness)
    assert value(metrics, "weav_slack_refusals_total", reason="nobody") == 2
    assert any_harness.weav.creations == []


async def test_slacks_ssl_check_needs_no_user(any_harness: Harness) -> None:
    payload: dict[str, object] = {"ssl_check": "1", "token": "x"}

    reply = await any_harness.ann.endpoint.deliver(Delivery("slash_commands", payload))

    assert (reply.status, reply.body) == (200, b"")
    metrics = await scrape(any_harness)
    assert value(metrics, "weav_slack_refusals_total", reason="nobody") == 0


@pytest.mark.parametrize("odd", [7, "x", ["x"], {"id": 7}, "x" * 300])
async def test_malformed_parts_that_are_not_needed_change_nothing(
    any_harness: Harness, odd: object
) -> None:
    """Bolt reads some of these parts, too."""
    await any_harness.fill_in()
    whole = any_harness.ann.submission_delivery().payload
    names = ("team", "enterprise", "channel", "message", "response_urls", "trigger_id", "item")
    whole |= dict.fromkeys((*names, "authorizations", "event", "function_data"), odd)
    whole["user"]["team_id"] = whole["view"]["app_installed_team_id"] = odd

    taken(await any_harness.ann.send(Delivery("interactive", whole)))

    assert JANE in text_on(await any_harness.card())


@pytest.mark.parametrize("depth", [100, 900])
async def test_deep_nesting_causes_no_failure(any_harness: Harness, depth: int) -> None:
    await any_harness.fill_in()
    whole = any_harness.ann.submission_delivery().payload
    whole["view"]["blocks"].append(nested(depth))

    reply = await any_harness.ann.endpoint.deliver(Delivery("interactive", whole))

    assert reply.status in (200, 400)
    taken(await any_harness.ann.command("help"))
    metrics = await scrape(any_harness)
    assert value(metrics, "weav_slack_failures_total", where="handler") == 0


async def test_a_lone_surrogate_becomes_a_question_mark(tmp_path: Path) -> None:
    """JSON can contain one, and the SDK's parser in Socket Mode accepts it."""
    async with open_harness(tmp_path, mode="socket") as harness:
        await harness.fill_in()
        whole = harness.ann.submission_delivery().payload
        whole["view"]["state"]["values"]["subject"]["subject"]["value"] = "a\ud800b"

        taken(await harness.ann.send(Delivery("interactive", whole)))

        await harness.card()
        assert harness.weav.creations[0].json["subject"] == "a?b"
