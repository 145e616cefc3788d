"""The bot's work on a row, in steps between which anything may happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from bot.ledger import State
from tests.ledger.places import LEASE
from tests.ledger.worlds import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.ledger import Entry, Ledger
    from tests.ledger.worlds import Author, Created, Weav

    Step = Callable[[], Awaitable["Step | None"]]


@dataclass(frozen=True)
class Chance:
    """What happens around the worker during its next steps."""

    answer: Answer = Answer.LOST
    gives_up: bool = False
    puts_off: bool = False
    steps: int = 1
    now: float = 0.0


@dataclass
class Worker:
    """One replica's work on one row; `next_step` is None when it is done or the row is lost."""

    ledger: Ledger
    entry: Entry
    weav: Weav
    author: Author
    chance: Chance = Chance()

    def __post_init__(self) -> None:
        self.next_step: Step | None = self._first_step()

    def _first_step(self) -> Step:
        match self.entry.state:
            case State.RECEIVED | State.QUEUED:
                return self._begin
            case State.SENDING:
                return self._look
            case State.OPENED:
                return self._post_card
            case State.REFUSED | State.EXPIRED | State.UNCONFIRMED:
                return self._tell
            case State.ANNOUNCED | State.LEFT:
                raise AssertionError("a row at rest was taken")
            case _:
                assert_never(self.entry.state)

    def starting_with_post(self) -> Worker:
        """Begin with the POST, for which the row was just written."""
        self.next_step = self._post
        return self

    def starting_with_look(self) -> Worker:
        self.next_step = self._look
        return self

    async def step(self) -> None:
        assert self.next_step
        self.next_step = await self.next_step()

    def _then(self, entry: Entry | None, step: Step) -> Step | None:
        self.entry = entry or self.entry
        return step if entry else None

    async def _begin(self) -> Step | None:
        if self.chance.gives_up and self.entry.state is State.QUEUED:
            return self._then(await self.ledger.expired(self.entry, "too late"), self._tell)
        begun = await self.ledger.start_sending(self.entry)
        if self.chance.answer is Answer.NOT_SENT:
            return self._not_begun  # the answer was lost, so it is not known if it was written
        return self._then(begun, self._post)

    async def _not_begun(self) -> Step | None:
        await self.ledger.queued(self.entry, 5, "unheard")
        return None

    async def _post(self) -> Step | None:
        if self.chance.now - self.entry.read_at >= LEASE:
            return None  # after such a pause, the process must not send any more
        self._answer = self.chance.answer
        self._conversation_id = self.weav.post(self.entry, self._answer, self.chance.now)
        return self._record

    async def _record(self) -> Step | None:
        match self._answer:
            case Answer.OPENED:
                opened = await self.ledger.opened(self.entry, self._conversation_id, {})
                return self._then(opened, self._post_card)
            case Answer.REFUSED:
                return self._then(await self.ledger.refused(self.entry, "no"), self._tell)
            case Answer.NOT_SENT if self.chance.gives_up:
                return self._then(await self.ledger.expired(self.entry, "away"), self._tell)
            case Answer.NOT_SENT:
                await self.ledger.queued(self.entry, 5, "away")
                return None
            case Answer.CREATED_AND_LOST | Answer.LOST:
                return self._look
            case _:
                assert_never(self._answer)

    async def _look(self) -> Step | None:
        seen = self.weav.look(self.entry)
        claimed = await self.ledger.claimed(self.entry, [each.conversation_id for each in seen])
        free = [each for each in seen if each.conversation_id not in claimed]
        if len(free) == 1 and not await self.ledger.rivals(self.entry):
            self._found: Created = free[0]
            return self._claim
        if self.chance.puts_off and self.entry.state is State.SENDING:
            await self.ledger.put_off(self.entry, 5, reason="no answer")
            return None
        if not self.chance.gives_up:
            return self._look
        return self._then(await self.ledger.unconfirmed(self.entry, "no answer"), self._tell)

    async def _claim(self) -> Step | None:
        claimed = await self.ledger.claim(self.entry, self._found.conversation_id, {})
        if claimed:
            assert self._found.row == self.entry.id, "somebody else's conversation was claimed"
        return self._then(claimed, self._post_card)

    async def _post_card(self) -> Step | None:
        self.author.cards.add((self.entry.id, self.entry.conversation_id))
        return self._note_card

    async def _note_card(self) -> Step | None:
        await self.ledger.announced(self.entry, "channel", "C1", "1.2")
        return None

    async def _tell(self) -> Step | None:
        self.author.hear(self.entry)
        return self._note_told

    async def _note_told(self) -> Step | None:
        await self.ledger.told(self.entry)
        return None
