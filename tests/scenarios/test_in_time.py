"""A submission is answered in time even if everything on its way is slow at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from bot.form.parse import Submission, parse_submission
from bot.form.reply import FormAgain
from bot.sandbox.slack import HttpEndpoint, SlackFault
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from bot.slack.payloads import ViewSubmission
from tests.harness import CREATE, JANE, Harness, Mode, open_harness, text_on

REASON = "Weav takes no such subject."
# The scope is granted when the form is open; before that, no user is looked up.
GRANTED = ("users:read",)
WRITING = (
    "SELECT 1 FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO submissions%'"
)


def refusal(**waits: float) -> WeavFault:
    return WeavFault.refusal({"subject": [REASON]}, **waits, **CREATE)


async def make_users_info_slow(harness: Harness) -> None:
    """Slack takes almost as long as the access check waits for it."""
    harness.slack.faults.add(SlackFault("users.info", delay=0.45))
    harness.slack.scopes += GRANTED
    await harness.bot.health.poll_slack()


async def open_from_message(harness: Harness) -> None:
    """Only a form from a message makes the bot read the database before it writes."""
    message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
    await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    await harness.ann.type_in({"channel": "email", "customer_id": JANE})


@asynccontextmanager
async def locked_until_written_to(postgres_url: str) -> AsyncIterator[None]:
    """Block reads, and block writes until somebody tries to write."""
    locking, looking = [await asyncpg.connect(postgres_url) for _ in range(2)]
    transaction = locking.transaction()
    await transaction.start()
    await locking.execute("LOCK TABLE submissions")

    async def unlock() -> None:
        while True:
            if await looking.fetchval(WRITING):
                return await transaction.rollback()
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(unlock())
        yield
    await locking.close()
    await looking.close()


@pytest.mark.long
async def test_the_wait_of_the_access_check_is_part_of_the_two_seconds(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        harness.weav.fail(WeavFault(hold=2.5, **CREATE))
        await harness.fill_in(subject="Export hangs")
        await make_users_info_slow(harness)

        answer = await harness.ann.submit()

        assert "Creating" in text_on(harness.ann.view)
        assert 1.9 < answer.seconds < 2.3
        await harness.card()


@pytest.mark.parametrize("mode", ["http", "socket"])
@pytest.mark.long
async def test_slow_look_ups_a_slow_database_and_a_slow_weav_together_are_answered_in_time(
    tmp_path: Path, postgres_url: str, mode: Mode
) -> None:
    async with open_harness(tmp_path, database=postgres_url, mode=mode) as harness:
        harness.weav.fail(refusal(delay=1.7))
        await open_from_message(harness)
        await make_users_info_slow(harness)

        async with locked_until_written_to(postgres_url):
            answer = await harness.ann.submit()

        assert 1.9 < answer.seconds < 2.4
        assert answer.trouble == ""
        await harness.slack.until(lambda slack: REASON in text_on(slack.top_view("U0ANN")))


@pytest.mark.long
async def test_an_answer_sent_after_slack_gave_up_does_not_count_as_told(
    harness: Harness,
) -> None:
    harness.weav.fail(refusal())
    await harness.fill_in(subject="Export hangs")
    sent = ViewSubmission.model_validate(harness.ann.submission_delivery().payload)
    submission = parse_submission(sent)
    assert isinstance(submission, Submission)
    loop, answered = asyncio.get_running_loop(), asyncio.Event()
    arrived_at = loop.time() - 1.0

    answer = await harness.bot.services.submissions.submit(submission, answered, arrived_at)
    loop.call_at(arrived_at + 2.6, answered.set)

    assert isinstance(answer, FormAgain)
    assert answer.by_field  # Weav's reasons: the submission was recorded
    await harness.slack.until(lambda slack: REASON in text_on(slack.top_view("U0ANN")), 15)


async def test_an_author_whose_slack_hung_up_early_is_told_later(harness: Harness) -> None:
    harness.weav.fail(refusal(delay=0.6))
    await harness.fill_in(subject="Export hangs")
    endpoint = harness.ann.endpoint
    assert isinstance(endpoint, HttpEndpoint)
    endpoint.timeout = 0.3

    answer = await harness.ann.submit()

    assert answer.trouble
    await harness.slack.until(lambda slack: REASON in text_on(slack.top_view("U0ANN")), 15)
