"""What /metrics shows, and that it contains no ids."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path
from typing import get_args

import httpx
import pytest

from bot import VERSION
from bot.access.rules import Denial
from bot.card.post import Route
from bot.sandbox.slack import RESPONSE_URL, Delivery, SlackFault
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, JANE, Harness, open_harness, text_on
from tests.metrics import Samples, scrape, value


@pytest.fixture(params=["http", "socket"])
async def any_harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path, mode=request.param) as opened:
        yield opened


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path) as opened:
        yield opened


async def open_form(harness: Harness, words: str = "", slack_channel_id: str = "C0SUPPORT") -> None:
    await harness.ann.command(f"email {JANE} {words}", slack_channel_id=slack_channel_id)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_submission_is_timed_from_end_to_end(any_harness: Harness) -> None:
    await open_form(any_harness, "Export hangs")
    await any_harness.ann.submit()
    await any_harness.card()
    await any_harness.slack.until(lambda slack: slack.calls_of("chat.postMessage"))

    samples = await scrape(any_harness)

    ack = "weav_slack_acknowledgement_seconds"
    assert value(samples, f"{ack}_count", kind="command") == 1
    assert value(samples, f"{ack}_count", kind="view_submission") == 1
    assert 0 < value(samples, f"{ack}_sum", kind="command") < 1
    assert value(samples, "weav_slack_form_opening_seconds_count") == 1
    slack = "weav_slack_slack_request_seconds_count"
    assert value(samples, slack, method="views.open", outcome="ok") == 1
    assert value(samples, slack, method="chat.postMessage", outcome="ok") == 1
    weav = "weav_slack_weav_request_seconds_count"
    assert value(samples, weav, operation="POST /conversations", outcome="ok") == 1
    assert value(samples, "weav_slack_build_info", **build(samples)) == 1
    assert value(samples, "weav_slack_ledger_up") == 1


def build(samples: Samples) -> dict[str, str]:
    [labels] = [dict(labels) for name, labels in samples if name == "weav_slack_build_info"]
    assert labels.keys() == {"version", "python", "mode"}
    assert labels["version"] == VERSION
    return labels


async def said(harness: Harness, count: int) -> None:
    await harness.slack.until(lambda slack: len(slack.from_bot()) == count)


async def test_counters_that_alerts_use_start_at_zero(harness: Harness) -> None:
    samples = await scrape(harness)

    for reason in (*Denial, "signature"):
        assert samples["weav_slack_refusals_total", frozenset({("reason", reason)})] == 0
    for route in (*get_args(Route), "nowhere"):
        assert samples["weav_slack_cards_total", frozenset({("route", route)})] == 0
    for where in ("handler", "task"):
        assert samples["weav_slack_failures_total", frozenset({("where", where)})] == 0
    refused = frozenset({("operation", "POST /conversations"), ("outcome", "unauthorized")})
    assert samples["weav_slack_weav_request_seconds_count", refused] == 0


async def test_the_checks_of_readyz_are_shown_without_a_call_to_slack(any_harness: Harness) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for fault in (SlackFault("auth.test", error="internal_error"), None):
            if fault:
                any_harness.slack.faults.add(fault)
            await any_harness.bot.health.poll_slack()
            calls = len(any_harness.slack.calls)
            said = (await http.get(f"{any_harness.url}/readyz")).json()

            samples = await scrape(any_harness)

            assert ready(samples) == said
            assert said["slack"] is (fault is None)
            assert len(any_harness.slack.calls) == calls


async def test_a_lost_socket_mode_connection_is_shown(tmp_path: Path) -> None:
    async with open_harness(tmp_path, mode="socket") as harness:
        assert ready(await scrape(harness))["socket"] is True
        await harness.bot.socket.client.disconnect()  # type: ignore[union-attr]

        assert ready(await scrape(harness))["socket"] is False


def ready(samples: Samples) -> dict[str, bool]:
    return {
        dict(labels)["check"]: value == 1
        for (name, labels), value in samples.items()
        if name == "weav_slack_ready"
    }


async def test_cards_are_counted_by_route(harness: Harness) -> None:
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=1))
    for number, channel in enumerate(["G0BILLING", "G0BILLING", "C0GENERAL"]):
        await open_form(harness, f"Number {number}", channel)
        await harness.ann.submit()
        await said(harness, number + 1)

    samples = await scrape(harness)

    for route in ("channel", "response_url", "direct"):
        assert value(samples, "weav_slack_cards_total", route=route) == 1
    calls = "weav_slack_slack_request_seconds_count"
    for outcome in ("ok", "refused"):
        assert value(samples, calls, method="response_url", outcome=outcome) == 1
    assert value(samples, "weav_slack_submission_to_card_seconds_count") == 3
    assert 0 < value(samples, "weav_slack_submission_to_card_seconds_sum") < 20


async def test_queued_rows_are_shown_with_their_age(harness: Harness) -> None:
    harness.weav.fail(WeavFault.rate_limit("600", **CREATE))
    await open_form(harness, "Export hangs")
    await harness.ann.submit()

    samples = await scrape(harness)

    assert value(samples, "weav_slack_queue_length") == 1
    assert value(samples, "weav_slack_ledger_rows", state="queued") == 1
    assert value(samples, "weav_slack_ledger_rows", state="sending") == 0
    assert value(samples, "weav_slack_ledger_oldest_seconds") > 0
    weav = "weav_slack_weav_request_seconds_count"
    assert value(samples, weav, operation="POST /conversations", outcome="not_sent") == 1


async def test_a_trigger_that_slack_calls_an_invalid_argument_is_counted_as_expired(
    harness: Harness,
) -> None:
    shortcut = harness.ann.payloads.global_shortcut(ids.GLOBAL_SHORTCUT) | {"trigger_id": ""}
    await harness.ann.send(Delivery("interactive", shortcut))
    assert "took too long" in text_on(await harness.direct_message())

    samples = await scrape(harness)

    [opening] = harness.slack.calls_of("views.open")
    assert opening.answer["error"] == "invalid_arguments"
    assert value(samples, "weav_slack_expired_triggers_total") == 1


async def test_an_expired_trigger_is_counted(harness: Harness) -> None:
    harness.slack.triggers.seconds = 0
    await harness.ann.command("Export hangs")
    await harness.private_answer()

    samples = await scrape(harness)

    assert value(samples, "weav_slack_expired_triggers_total") == 1
    assert value(samples, "weav_slack_form_opening_seconds_count") == 0
    refused = value(
        samples, "weav_slack_slack_request_seconds_count", method="views.open", outcome="refused"
    )
    assert refused == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (SlackFault("views.open", error="internal_error"), "refused"),
        (SlackFault("views.open", error="token_revoked"), "unauthorized"),
        (SlackFault("views.open", error="account_inactive"), "unauthorized"),
        (SlackFault("views.open", status=502, body="<html>"), "server_error"),
        (SlackFault("views.open", drop="before", times=None), "no_answer"),
        (SlackFault("views.open", status=429, error="ratelimited", retry_after=9), "rate_limited"),
    ],
)
async def test_calls_to_slack_are_counted_by_outcome(
    harness: Harness, fault: SlackFault, outcome: str
) -> None:
    harness.slack.faults.add(fault)
    await harness.ann.command("Export hangs")
    await harness.private_answer()

    samples = await scrape(harness)

    name = "weav_slack_slack_request_seconds_count"
    assert value(samples, name, method="views.open", outcome=outcome) >= 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (WeavFault(status=422, **CREATE), "refused"),
        (WeavFault(status=401, **CREATE), "unauthorized"),
        (WeavFault(status=403, **CREATE), "unauthorized"),
        (WeavFault(status=500, **CREATE), "server_error"),
        (WeavFault.lost_answer(**CREATE), "no_answer"),
        (WeavFault(delay=3, **CREATE), "no_answer"),
    ],
)
async def test_requests_to_weav_are_counted_by_outcome(
    tmp_path: Path, fault: WeavFault, outcome: str
) -> None:
    async with open_harness(tmp_path, weav_timeout="0.5") as harness:
        harness.weav.fail(fault)
        await open_form(harness, "Export hangs")
        await harness.ann.submit()

        samples = await scrape(harness)

        name = "weav_slack_weav_request_seconds_count"
        assert value(samples, name, operation="POST /conversations", outcome=outcome) == 1


async def test_refused_payloads_are_counted_by_reason(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_denied_users="U0ANN") as harness:
        await harness.ann.command("")
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{harness.url}/slack/events", content=b"unsigned")
            with suppress(httpx.TransportError):  # the server closes without reading the rest
                await http.post(f"{harness.url}/slack/events", content=b"x" * 2_000_000)

        samples = await scrape(harness)

        for reason in ("user_denied", "signature", "too_large"):
            assert value(samples, "weav_slack_refusals_total", reason=reason) == 1


async def test_other_metrics_are_served_while_the_database_is_away(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        await open_form(harness, "Export hangs")
        with closing(sqlite3.connect(tmp_path / "ledger.db")) as other:
            other.execute("ALTER TABLE submissions RENAME TO elsewhere")

        samples = await scrape(harness)

        assert value(samples, "weav_slack_ledger_up") == 0
        assert value(samples, "weav_slack_form_opening_seconds_count") == 1


async def test_no_label_has_an_id_or_typed_text(any_harness: Harness) -> None:
    await open_form(any_harness, "CANARY-SUBJECT")
    await any_harness.ann.submit()
    await any_harness.card()
    await any_harness.ann.global_shortcut("CANARY-SHORTCUT")
    await any_harness.ann.command("x", command="/canary")
    await any_harness.ann.message_shortcut(
        ids.MESSAGE_SHORTCUT, any_harness.ann.say("x", "C0SUPPORT")
    )

    samples = await scrape(any_harness)

    labels = " ".join(text for _, pairs in samples for _, text in pairs)
    assert not re.search(r"\b[CUTDGV][A-Z0-9]{4,}|[0-9a-f]{8}-", labels)
    assert "canary" not in labels.lower()
    assert len(samples) < 600
