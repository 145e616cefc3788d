"""A new customer that two submissions ask for."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.form.reply import Created, Creating
from bot.ledger import Ledger
from bot.retry import RetryTimes
from bot.sandbox.weav import WeavFault
from bot.submissions.create import ConversationCreator
from bot.tasks import Tasks
from tests.ledger.losing import losing_file
from tests.ledger.places import Place
from tests.scenarios.filling import NEW_CUSTOMER
from tests.submissions.test_create import send
from tests.submissions.test_not_begun import UNNAMED
from tests.weav.served import served_weav

# Seconds: more than the default timeout of a POST, less than the one set here.
LONG = 40


async def test_another_submission_waits_as_long_as_the_timeout_of_the_post(
    ledger: Ledger, place: Place
) -> None:
    async with served_weav() as weav:
        sender = ConversationCreator(
            ledger, weav.client, RetryTimes(retry_for=900, weav_timeout=60), Tasks()
        )
        weav.sandbox.fail(WeavFault(hold=1.0, **NEW_CUSTOMER))
        one, other = [
            (await ledger.receive(replace(UNNAMED, view_id=view_id), sending=True)).entry
            for view_id in ("V1", "V2")
        ]
        first = asyncio.create_task(send(sender, one))
        await weav.sandbox.until(lambda: bool(weav.sandbox.requests))
        await place.pass_time(LONG)

        second = await send(sender, other)

        assert isinstance(second.reply, Created)
        assert isinstance((await first).reply, Created)
        posts = [each for each in weav.sandbox.requests if each.path == "/v1/customers"]
        assert len(posts) == 1


async def test_a_process_that_stalled_before_its_post_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may have told the author that this POST is not confirmed."""
    losing = losing_file(tmp_path / "ledger.db", monkeypatch)
    async with (
        served_weav() as weav,
        Ledger.open(losing.url, lease=0.5, statement_timeout=20) as ledger,
    ):
        sender = ConversationCreator(ledger, weav.client, RetryTimes(retry_for=900), Tasks())
        entry = (await ledger.receive(UNNAMED, sending=True)).entry

        async with losing.lost("new_customers", "new.state = 'sending'", seconds=1.0):
            result = await send(sender, entry)

        assert (result.entry, result.reply) == (None, Creating())
        assert weav.sandbox.requests == []
