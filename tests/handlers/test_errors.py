"""A bug: the user is told a reference that is also in the log."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from slack_bolt import BoltResponse

from bot.logs import new_reference, reference
from bot.metrics import Metrics
from bot.slack import ids
from bot.slack.payloads import Impersonal, read_payload
from handlers.errors import answer_error
from tests.harness import Harness, open_harness, text_on


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path) as opened:
        yield opened


def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


async def answer(harness: Harness, sent: dict[str, Any]) -> BoltResponse:
    payload = read_payload(sent)
    assert not isinstance(payload, Impersonal)
    notifier = harness.bot.services.notifier
    return await answer_error(ValueError("odd"), payload, notifier, metrics(), acknowledged=False)


def body_of(response: Any) -> Any:  # noqa: ANN401 - Bolt types it as a string or a dict
    return json.loads(response.body)


async def test_a_failed_submission_keeps_its_form_open(harness: Harness) -> None:
    await harness.fill_in()
    payload = harness.ann.submission_delivery().payload

    response = await answer(harness, payload)

    assert response.status == 200
    assert body_of(response)["response_action"] == "errors"
    assert re.search(r"reference [0-9a-f]{8}", body_of(response)["errors"][ids.POST_TO])


async def test_a_failed_select_shows_the_failure_as_an_option(harness: Harness) -> None:
    await harness.fill_in()
    payload = harness.ann.payloads.suggestion(harness.ann.view, "customer_id", "customer_id", "j")

    response = await answer(harness, payload)

    [option] = body_of(response)["options"]
    assert option["text"]["text"].startswith("The bot made a mistake")


async def test_a_failed_command_is_answered_privately(harness: Harness) -> None:
    payload = harness.ann.command_delivery("x").payload

    response = await answer(harness, payload)

    assert body_of(response)["response_type"] == "ephemeral"
    assert "reference" in body_of(response)["text"]


async def test_a_failure_after_the_acknowledgement_is_told_too(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(harness.bot.services.forms, "open", mistaken)

    await harness.ann.command("Export hangs")

    told = await harness.private_answer()
    assert re.search(r"reference [0-9a-f]{8}", text_on(told))


async def test_a_failed_shortcut_is_told_in_a_direct_message(harness: Harness) -> None:
    payload = harness.ann.payloads.global_shortcut("x")

    response = await answer(harness, payload)

    assert (response.status, response.body) == (200, "")
    assert "reference" in text_on(await harness.direct_message())


async def test_background_work_that_fails_is_told_with_its_reference(
    harness: Harness,
) -> None:
    async def mistaken() -> None:
        raise ValueError("odd")

    with new_reference():
        known_as = reference()
        harness.bot.services.notifier.spawn(mistaken(), "mistaken", "U0ANN", "")

    assert f"reference {known_as}" in text_on(await harness.direct_message())
