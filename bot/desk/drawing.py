"""Open forms drawn anew: each drawing on top of the one before, and over nothing else."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

from bot.desk.keeping import keep
from bot.logs import get_logger
from bot.slack.gateway import Failed, SlackGateway
from bot.slack.payloads import at, text_at
from bot.slack.seen_views import with_choices

log = get_logger("weav_slack.drawing")

View = Mapping[str, Any]
Draw = Callable[[View], dict[str, Any] | None]

# Views whose last drawing and choices are remembered, for what was asked for at the same time.
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class _Drawing:
    """`over`: the hashes of the view before it and of those that were drawn before that."""

    view: View
    over: frozenset[str]


class Drawings:
    def __init__(self, slack: SlackGateway) -> None:
        self._slack = slack
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._latest: dict[str, _Drawing] = {}
        self._told: dict[str, View] = {}
        self._choices: dict[str, dict[str, object]] = {}

    def chosen(self, view: View, field: str) -> Callable[[], bool]:
        """Tell later whether this choice still stands: what was found for an older one is over."""
        view_id, mine = text_at(view, "id"), {field: object()}
        keep(self._choices, view_id, self._choices.get(view_id, {}) | mine, _REMEMBERED)
        if at(view, "state", "values"):
            keep(self._told, view_id, view, _REMEMBERED)
        return lambda: self._choices.get(view_id, mine).get(field) is mine[field]

    def submitted(self, view: View) -> None:
        """Let no choice stand any more: a drawing takes away the errors that are under fields."""
        keep(self._choices, text_at(view, "id"), {}, _REMEMBERED)

    async def redraw(self, view: View, draw: Draw) -> None:
        """Draw on top of what was drawn here since `view`, or of `view` itself.

        What stands in it is told by the latest choice, by no answer of Slack's. Never without the
        hash: what conflicts with it is the answer to a submission, or another replica's drawing,
        and a form over such an answer would be submitted, and opened, a second time.
        """
        view_id = text_at(view, "id")
        turn = self._turns.setdefault(view_id, asyncio.Lock())
        async with turn:
            seen = self._newest(view_id, view)
            told = self._told.get(view_id, seen)
            now = {**seen, "state": told.get("state")}
            drawn = draw(now) or _restored(now, told)
            if drawn is None:
                return
            result = await self._slack.redraw(seen, drawn)
            if isinstance(result, Failed):
                log.info("form_not_redrawn", code=result.code)
                return
            self._note(view_id, seen, result.view)

    async def restore(self, view: View) -> None:
        """Put right what a drawing has put back that was on its way when this was chosen."""
        await self.redraw(view, lambda _: None)

    def _newest(self, view_id: str, view: View) -> View:
        latest = self._latest.get(view_id)
        return latest.view if latest and text_at(view, "hash") in latest.over else view

    def _note(self, view_id: str, seen: View, drawn: View) -> None:
        before = self._latest.get(view_id)
        over = before.over if before and before.view is seen else frozenset()
        keep(self._latest, view_id, _Drawing(drawn, over | {text_at(seen, "hash")}), _REMEMBERED)


def _restored(now: View, told: View) -> dict[str, Any] | None:
    is_older = text_at(told, "hash") != text_at(now, "hash")
    return with_choices(now) if is_older else None
