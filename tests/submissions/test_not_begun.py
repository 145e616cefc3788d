"""A row that was certainly not sent is queued, even if the database's answer was lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from bot.form.reply import Created, Queued
from bot.ledger import Ledger, State
from bot.retry import RetryTimes
from bot.submissions.create import ConversationCreator
from bot.submissions.reconcile import Result
from bot.tasks import Tasks
from tests.ledger.losing import Losing
from tests.submissions.test_create import NEW, send
from tests.weav.served import ServedWeav, served_weav

EMAIL = "new@example.com"
UNNAMED = replace(NEW, request={"channel": "email", "customer_email": EMAIL})
# Seconds: the timeout of a statement, and when the database answers.
STATEMENT, ANSWER = 1.0, 1.3


@dataclass
class Bench:
    weav: ServedWeav
    ledger: Ledger
    sender: ConversationCreator

    def posts(self) -> list[str]:
        return [each.path for each in self.weav.sandbox.requests if each.method == "POST"]

    async def begin(self) -> Result:
        entry = (await self.ledger.receive(UNNAMED, sending=True)).entry
        return await send(self.sender, entry)

    async def carry_on(self) -> Result:
        [taken] = await self.ledger.take(1)
        sending = await self.ledger.start_sending(taken)
        assert sending
        return await send(self.sender, sending)


@asynccontextmanager
async def bench(losing: Losing) -> AsyncIterator[Bench]:
    async with (
        served_weav() as weav,
        Ledger.open(losing.url, statement_timeout=STATEMENT) as ledger,
    ):
        retry_times = RetryTimes(retry_for=900, looks=(0.1,))
        yield Bench(weav, ledger, ConversationCreator(ledger, weav.client, retry_times, Tasks()))


@pytest.mark.parametrize(
    ("table", "when", "posts"),
    [
        ("new_customers", "new.state = 'sending'", []),
        ("submissions", "new.request LIKE '%customer_id%'", ["/v1/customers"]),
    ],
    ids=["the customer's POST is written down", "the customer is named"],
)
async def test_a_step_before_a_post_whose_answer_was_lost_is_repeated(
    losing: Losing, table: str, when: str, posts: list[str]
) -> None:
    async with bench(losing) as at:
        async with losing.lost(table, when, ANSWER):
            result = await at.begin()

        assert isinstance(result.reply, Queued)
        assert at.posts() == posts
        [row] = await at.ledger.latest("T1", "U1")
        assert row.state is State.QUEUED
        await losing.place.execute("UPDATE submissions SET due_at = 0")

        assert isinstance((await at.carry_on()).reply, Created)
        assert at.posts() == ["/v1/customers", "/v1/conversations"]
