"""A write succeeds but its confirmation is lost: the author is told nothing untrue."""

from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.house import CREATE, house, public, text_on
from tests.ledger.losing import Losing

SENDING = "new.state = 'sending'"


@pytest.mark.long
async def test_a_queued_row_whose_start_was_not_confirmed_is_not_in_doubt(
    tmp_path: Path, losing: Losing
) -> None:
    async with house(tmp_path, database=losing.url) as at_home:
        at_home.weav.fail(WeavFault(status=503, times=1, **CREATE))
        await at_home.fill_in(subject="Export hangs")
        await at_home.ann.submit()
        assert "queued and will be created" in text_on(at_home.ann.view)

        async with losing.lost("submissions", SENDING):
            pass

        await at_home.card(within=15)
        entry = await at_home.entry_in(State.ANNOUNCED)
        assert not entry.recovered
        assert len(at_home.weav.creations) == 2
        assert len(public(at_home.slack, "C0SUPPORT")) == 1
        assert at_home.slack.from_bot(at_home.slack.direct_messages("U0ANN").id) == []


@pytest.mark.long
async def test_create_again_without_confirmation_does_not_say_that_nothing_was_done(
    tmp_path: Path, losing: Losing
) -> None:
    async with house(tmp_path, database=losing.url) as at_home:
        at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
        await at_home.fill_in(subject="Export hangs")
        await at_home.ann.submit()
        await at_home.slack.until(lambda slack: "may have been" in text_on(slack.top_view("U0ANN")))
        await at_home.entry_in(State.UNCONFIRMED)

        async with losing.lost("submissions", "new.state = 'received'"):
            await at_home.ann.act(ids.CREATE_AGAIN)
            view = await at_home.slack.until(
                lambda slack: (
                    (view := slack.top_view("U0ANN"))
                    and "database does not answer" in text_on(view)
                    and view
                )
            )
            said = text_on(view)

        assert "nothing was done" not in said
        assert "may begin yet: /weav-conversation status tells" in said
        await at_home.card(within=15)
        assert len(at_home.weav.conversations) == 1
