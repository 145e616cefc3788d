"""What a process must not do any more when it has stood still for longer than its lease."""

from dataclasses import replace
from pathlib import Path

from bot.desk.answers import Pending
from bot.desk.sending import Patience, Sender
from bot.ledger import Ledger, NewEntry
from bot.weav.outcomes import Opened
from tests.house import JANE
from tests.weav.served import served_weav

NEW = NewEntry(
    team_id="T1",
    slack_user_id="U1",
    view_id="V1",
    request={"channel": "email", "customer_id": JANE, "subject": "Export hangs"},
    form={},
)


async def test_a_lease_that_may_be_over_sends_nothing(tmp_path: Path) -> None:
    async with (
        served_weav() as weav,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db", lease=15) as ledger,
    ):
        sender = Sender(ledger, weav.client, Patience(retry_for=0))
        entry = (await ledger.receive(NEW, sending=True)).entry

        late = await sender.send(replace(entry, asked_at=entry.asked_at - 15))

        assert (late.entry, late.verdict) == (None, Pending())
        assert weav.sandbox.requests == []
        assert isinstance((await sender.send(entry)).verdict, Opened)
