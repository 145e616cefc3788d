"""A write succeeds but its confirmation is lost: the author is told nothing untrue."""

from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, open_harness, public, text_on
from tests.ledger.losing import Losing

SENDING = "new.state = 'sending'"


@pytest.mark.long
async def test_a_queued_row_whose_start_was_not_confirmed_is_not_in_doubt(
    tmp_path: Path, losing: Losing
) -> None:
    async with open_harness(tmp_path, database=losing.url) as harness:
        harness.weav.fail(WeavFault(status=503, times=1, **CREATE))
        await harness.fill_in(subject="Export hangs")
        await harness.ann.submit()
        assert "queued and will be created" in text_on(harness.ann.view)

        async with losing.lost("submissions", SENDING):
            pass

        await harness.card(within=15)
        entry = await harness.entry_in(State.ANNOUNCED)
        assert not entry.recovered
        assert len(harness.weav.creations) == 2
        assert len(public(harness.slack, "C0SUPPORT")) == 1
        assert harness.slack.from_bot(harness.slack.direct_messages("U0ANN").id) == []


@pytest.mark.long
async def test_create_again_without_confirmation_does_not_say_that_nothing_was_done(
    tmp_path: Path, losing: Losing
) -> None:
    async with open_harness(tmp_path, database=losing.url) as harness:
        harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
        await harness.fill_in(subject="Export hangs")
        await harness.ann.submit()
        await harness.slack.until(lambda slack: "may have been" in text_on(slack.top_view("U0ANN")))
        await harness.entry_in(State.UNCONFIRMED)

        async with losing.lost("submissions", "new.state = 'received'"):
            await harness.ann.act(ids.CREATE_AGAIN)
            view = await harness.slack.until(
                lambda slack: (
                    (view := slack.top_view("U0ANN"))
                    and "database does not answer" in text_on(view)
                    and view
                )
            )
            said = text_on(view)

        assert "nothing was done" not in said
        assert "may still take effect: check /weav-conversation status" in said
        await harness.card(within=15)
        assert len(harness.weav.conversations) == 1
