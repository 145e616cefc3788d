"""The seven fields, set and unset in all combinations, from the form to the request body."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from bot.sandbox.weav.seeds import CHAT_AGENT, EMAIL_AGENT
from tests.harness import JANE, Harness
from tests.scenarios.filling import open_form

PERSON = "5e1a0000-0000-4000-8000-000000000001"


def combinations(channel: str) -> Iterator[dict[str, str]]:
    agent = EMAIL_AGENT if channel == "email" else CHAT_AGENT
    assignees = [("", ""), ("user", PERSON), ("agent", agent)]
    for subject, status, priority, (kind, assignee) in itertools.product(
        ["", "Export hangs"],
        ["", "open", "closed"],
        ["", "low", "normal", "high", "urgent"],
        assignees,
    ):
        yield {
            "channel": channel,
            "customer_id": JANE,
            "subject": subject,
            "status": status,
            "priority": priority,
            "assignee_type": kind,
            "assignee_id": assignee,
        }


@pytest.mark.parametrize("channel", ["email", pytest.param("chat", marks=pytest.mark.long)])
async def test_the_body_has_exactly_the_fields_that_were_chosen(
    harness: Harness, channel: str
) -> None:
    wanted = []
    for values in combinations(channel):
        await open_form(harness)
        kind = values["assignee_type"]
        if kind:
            await harness.ann.act("assignee_type", kind)
            await harness.slack.until(lambda _: harness.ann.view.updates == 1)
        answer = await harness.ann.submit(values)
        assert (answer.trouble, answer.errors) == ("", {})
        wanted.append({field: value for field, value in values.items() if value})

    async with asyncio.timeout(10):
        await harness.weav.until(lambda: len(harness.weav.conversations) == len(wanted))
    assert [request.json for request in harness.weav.creations] == wanted
    assert len(wanted) == 90
