"""The line that a click leaves on its card: noted before Weav is asked, and after its answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.granting import Doubtful, Granted, OutOfTurn, Result
from bot.desk.turns import Turns
from bot.ledger import Turn
from bot.slack.changes import Change, read_changes, settled, with_change


@dataclass(frozen=True, slots=True)
class CardLine:
    turns: Turns
    turn: Turn
    clicked: Change

    async def begin(self) -> bool:
        """If this process dies before Weav answers, the next click still finds who it was.

        False: it is not this click's turn any more.
        """
        under_way = self.clicked.model_copy(update={"under_way": True})
        return await self._note(with_change(read_changes(self.turn.changes), under_way))

    async def end(self, result: Result) -> tuple[Change, ...]:
        """Return all lines; what is in doubt stays under way until the next click."""
        changes = read_changes(self.turn.changes)
        granted = isinstance(result, Granted)
        if result.conversation:
            changes = settled(changes, result.conversation, self.clicked.field if granted else None)
        if granted:
            changes = with_change(changes, self.clicked)
        if not isinstance(result, Doubtful | OutOfTurn):
            await self._note(changes)
        return changes

    async def _note(self, changes: Sequence[Change]) -> bool:
        noted = [each.model_dump(exclude_defaults=True) for each in changes]
        return await self.turns.note(self.turn, noted)
