"""Slack closes the connection before the answer to a submission; the author is still told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import HttpEndpoint
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, Harness, open_harness, text_on

REFUSED = {"subject": ["Weav takes no such subject."]}


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[Harness]:
    """Slack waits only 0.3 s."""
    async with open_harness(tmp_path) as harness:
        assert isinstance(harness.ann.endpoint, HttpEndpoint)
        harness.ann.endpoint.timeout = 0.3
        yield harness


@pytest.mark.long
async def test_an_undelivered_refusal_comes_into_the_form_later(impatient: Harness) -> None:
    impatient.weav.fail(WeavFault.refusal(REFUSED, delay=0.6, **CREATE))
    await impatient.fill_in(subject="Export hangs")

    answer = await impatient.ann.submit()

    assert answer.trouble
    await impatient.slack.until(
        lambda slack: "Weav takes no such subject." in text_on(slack.top_view("U0ANN")), 10
    )


@pytest.mark.long
async def test_the_outcome_after_an_undelivered_answer_comes_as_a_message(
    impatient: Harness,
) -> None:
    impatient.weav.fail(WeavFault.refusal(REFUSED, delay=2.5, **CREATE))
    await impatient.fill_in(subject="Export hangs")

    answer = await impatient.ann.submit()

    assert answer.trouble
    assert "Weav takes no such subject." in text_on(await impatient.direct_message(within=15))
    assert [view.callback_id for view in impatient.slack.open_views("U0ANN")] == [ids.MODAL]
