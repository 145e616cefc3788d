"""The bot restarts after more than a day, and Slack's first answer is an error."""

from pathlib import Path

import pytest

from bot.ledger import NewEntry
from tests.harness import JANE, open_harness, public, text_on
from tests.ledger.places import Place, PostgresPlace, SQLitePlace


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return SQLitePlace(tmp_path / "ledger.db")
    return PostgresPlace(request.getfixturevalue("postgres_url"))


async def leave_unfinished_rows(place: Place) -> None:
    """Rows that a process left unfinished when it was killed 26 hours ago."""
    form = {"values": {"post_to": "C0SUPPORT", "subject": "Export hangs"}}
    wanted = {"channel": "email", "customer_id": JANE, "subject": "Export hangs"}
    async with place.open() as ledger:
        for view_id in ("V1", "V2"):
            new = NewEntry("T0SANDBOX", "U0ANN", view_id, wanted, form)
            entry = (await ledger.receive(new, sending=True)).entry
            if view_id == "V1":
                await ledger.opened(entry, "conv-1", {"id": "conv-1", "subject": "Export hangs"})
            else:
                await ledger.queued(entry, 1, "Weav could not be reached.")
    await place.execute("UPDATE submissions SET received_at = received_at - 93600, due_at = 0")


@pytest.mark.long
async def test_a_wrong_token_at_the_restart_ends_no_row(tmp_path: Path, place: Place) -> None:
    await leave_unfinished_rows(place)
    async with open_harness(tmp_path, database=place.url, slack_bot_token="xoxb-wrong") as harness:  # noqa: S106
        # The card in its channel and the author's copy, and the other author's message.
        await harness.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) >= 3)

    async with open_harness(tmp_path, database=place.url) as harness:
        await harness.card()
        ann = harness.slack.direct_messages("U0ANN").id
        await harness.slack.until(
            lambda slack: any(
                "no longer sends it automatically" in text_on(said) for said in slack.from_bot(ann)
            )
        )
        assert len(public(harness.slack, "C0SUPPORT")) == 1
