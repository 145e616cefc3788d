"""The author decides about a not confirmed conversation: look again, create again, leave it."""

from enum import StrEnum
from typing import assert_never

from bot.desk.announcing import Announcer, Spot
from bot.desk.answers import Answer, Left, Pending, Verdict
from bot.desk.papers import Papers
from bot.desk.sending import Settled
from bot.desk.verdicts import verdict_of
from bot.desk.working import Worker
from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.logs import get_logger
from bot.weav.outcomes import Opened, Unconfirmed

log = get_logger("weav_slack.deciding")

NOT_NOW = "The bot's database does not answer, so nothing was done. Try again in a moment."
NOT_KNOWN = "The bot no longer has this submission, so it can neither look nor create it again."


class Choice(StrEnum):
    LOOK_AGAIN = "look_again"
    CREATE_AGAIN = "create_again"
    LEAVE = "leave"


class Decider:
    def __init__(self, ledger: Ledger, worker: Worker, announcer: Announcer) -> None:
        self._ledger = ledger
        self._worker = worker
        self._announcer = announcer

    async def decide(self, choice: Choice, entry_id: int, spot: Spot) -> None:
        """Carry it out once, however often it is clicked, and show what became of it."""
        log.info("decided", entry=entry_id, choice=choice.value)
        try:
            settled = await self._carry_out(choice, entry_id, spot)
            entry = await self._own(entry_id, spot)
        except LedgerUnavailable:
            settled, entry = Settled(None, Unconfirmed(NOT_NOW)), None
        if settled is None:
            verdict = _as_it_is(entry)
            if verdict is None:
                return  # whoever is at it shows the outcome; a word from here could come after it
            settled = Settled(None, verdict)
        reached = await self._show(Answer(entry_id, settled.verdict), entry, spot)
        if not isinstance(settled.verdict, Opened):
            await self._announcer.note_told(settled.entry, reached=reached)

    async def _carry_out(self, choice: Choice, entry_id: int, spot: Spot) -> Settled | None:
        """None: another click, or another replica, was first."""
        match choice:
            case Choice.LOOK_AGAIN:
                held = await self._ledger.look(entry_id, spot.slack_user_id)
                return await self._worker.look_again(held) if held else None
            case Choice.CREATE_AGAIN:
                held = await self._ledger.again(entry_id, spot.slack_user_id, sending=False)
                if held is None:
                    return None
                work = self._worker.start(held, slot=False)
                await self._show(Answer(entry_id, Pending()), held, spot)
                return await work
            case Choice.LEAVE:
                left = await self._ledger.leave(entry_id, spot.slack_user_id)
                return Settled(None, Left()) if left else None
            case _:
                assert_never(choice)

    async def _own(self, entry_id: int, spot: Spot) -> Entry | None:
        entry = await self._ledger.get(entry_id)
        return entry if entry and entry.slack_user_id == spot.slack_user_id else None

    async def _show(self, answer: Answer, entry: Entry | None, spot: Spot) -> bool:
        form = Papers.read(entry.form if entry else None).reopening
        return await self._announcer.show(answer, form, spot)


def _as_it_is(entry: Entry | None) -> Verdict | None:
    if entry is None:
        return Unconfirmed(NOT_KNOWN)
    at_work = entry.state is State.UNCONFIRMED and entry.due_at is not None
    return None if at_work else verdict_of(entry)
