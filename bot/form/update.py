"""An open form, drawn again when something of it is new: what stands in it stays.

Slack keeps what stands in an input with the same ids, but not always in view of the initial value
that comes with an update. An external select was seen to jump back to it, and others to show it and
submit something else: https://github.com/soxtoby/SlackNet/issues/248 and
https://github.com/slackapi/bolt-python/issues/572. Where both are the same, neither can happen.
https://docs.slack.dev/surfaces/modals#updating_views
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakValueDictionary

from bot.form.form import Form, form_of
from bot.form.view import render
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import Failed, SlackApi
from bot.slack.cache import keep
from bot.slack.payloads import at, read_view, text_at

log = get_logger("weav_slack.update")
View = Mapping[str, Any]
# None: nothing of it is wanted any more.
Change = Callable[[Form], Form | None]
_CHOSEN_IN: Final = (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO)
# Views of which the last drawing and choices are remembered, for what is asked for meanwhile.
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class _OpenForm:
    """A form as it was drawn last, and the state that its last interaction told.

    `over`: the hashes of the views before this one. `told_at`: the hash of the view in which its
    user made the choice. `shared`: another process has drawn it as well, and may again.
    """

    hash: str
    drawn: Form
    shared: bool = False
    over: frozenset[str] = frozenset()
    state: object = None
    told_at: str = ""

    @property
    def now(self) -> Form:
        return self.drawn.told(self.state)

    def must_be_drawn(self, before: Form, after: Form) -> bool:
        """Whether it has something that Slack does not show by itself."""
        return after != before or _looks(after) != _looks(self.drawn) or self._has_jumped(before)

    def _has_jumped(self, now: Form) -> bool:
        """Tell whether a select may show another option than the one that was chosen in it.

        A drawing that was on its way at the choice has put back what stood there before. So would
        one of a process that was not told of the choice: it must find a new hash.
        """
        if not self.shared and self.told_at in {"", self.hash}:
            return False
        selects = ((self.drawn.customer, now.customer), (self.drawn.assignee, now.assignee))
        return any(
            drawn and drawn["value"] != text_at(chosen, "value") for drawn, chosen in selects
        )


def _looks(form: Form) -> object:
    return form.values.assignee_type, form.shown, form.post_to_hint


class ViewUpdates:
    """Nothing that it remembers is needed: any process can draw from what Slack sends."""

    def __init__(self, slack: SlackApi) -> None:
        self._slack = slack
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._forms: dict[str, _OpenForm] = {}
        self._choices: dict[str, dict[str, object]] = {}
        self._refused: dict[str, tuple[Change, ...]] = {}

    def opened(self, view: View, form: Form) -> Callable[[], frozenset[str]]:
        """Tell later which of its fields nobody has chosen in since.

        Slack's answer says nothing of what stands in the form, and may come after a choice.
        """
        view_id, seen = text_at(view, "id"), text_at(view, "hash")
        before = self._forms.get(view_id)
        if before is None:
            keep(self._forms, view_id, _OpenForm(seen, form), _REMEMBERED)
        elif before.hash == seen:
            keep(self._forms, view_id, replace(before, drawn=form, shared=False), _REMEMBERED)
        mine = {field: object() for field in _CHOSEN_IN}
        keep(self._choices, view_id, mine | self._choices.get(view_id, {}), _REMEMBERED)
        return lambda: frozenset(
            field
            for field, untouched in mine.items()
            if self._choices.get(view_id, mine).get(field) is untouched
        )

    def chosen(self, view: View, field: str) -> Callable[[], bool]:
        """Tell later whether this choice still stands: what was found for an older one is over."""
        view_id, mine = text_at(view, "id"), {field: object()}
        keep(self._choices, view_id, self._choices.get(view_id, {}) | mine, _REMEMBERED)
        self._note(view_id, view)
        return lambda: self._choices.get(view_id, mine).get(field) is mine[field]

    def submitted(self, view_id: str) -> None:
        """Draw nothing over the answer: a drawing takes away the errors that are under fields."""
        keep(self._choices, view_id, {}, _REMEMBERED)

    async def redraw(self, view: View, change: Change) -> None:
        """Draw the form with a change, if there is anything to be seen of it.

        Never without the hash: what conflicts with it is the answer to a submission, or another
        process's drawing, and a form over such an answer would be submitted, and opened, a second
        time. What was refused so is drawn with the next choice, if it stands then.
        """
        view_id = text_at(view, "id")
        lock = self._locks.setdefault(view_id, asyncio.Lock())
        async with lock:
            form = self._forms.get(view_id)
            if form is None:
                return
            before = form.now
            after = change(before)
            if after is None:
                return
            refused = self._refused.get(view_id, ())
            for earlier in refused:
                after = earlier(after) or after
            if not form.must_be_drawn(before, after):
                return
            result = await self._slack.redraw({"id": view_id, "hash": form.hash}, render(after))
            if isinstance(result, Failed):
                log.info("form_not_redrawn", code=result.code)
                if result.code == "hash_conflict":
                    keep(self._refused, view_id, (*refused, change), _REMEMBERED)
                return
            self._refused.pop(view_id, None)
            self._drawn(view_id, form, after, text_at(result.view, "hash"))

    def _drawn(self, view_id: str, before: _OpenForm, drawn: Form, now: str) -> None:
        told = self._forms.get(view_id, before)  # more, if there was a choice meanwhile
        shared = before.shared or (told.shared and told.hash != now)
        form = replace(told, hash=now, drawn=drawn, shared=shared, over=told.over | {before.hash})
        keep(self._forms, view_id, form, _REMEMBERED)

    def _note(self, view_id: str, view: View) -> None:
        """Note what an interaction says of the form, and a drawing of another process's."""
        form, seen = self._forms.get(view_id), text_at(view, "hash")
        if form is None or seen not in {form.hash, *form.over}:
            over = form.over | {form.hash} if form else frozenset[str]()
            form = _OpenForm(seen, form_of(read_view(view)), shared=True, over=over)
        if at(view, "state", "values"):
            form = replace(form, state=at(view, "state"), told_at=seen)
        keep(self._forms, view_id, form, _REMEMBERED)
