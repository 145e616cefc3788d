"""Redraw open forms without losing what their users typed and chose.

On an update Slack keeps the content of inputs with the same ids, but not reliably if the update
has another initial value. Users saw an external select jump back to the initial value, and other
selects show it and submit something else: https://github.com/soxtoby/SlackNet/issues/248 and
https://github.com/slackapi/bolt-python/issues/572. So a redraw makes initial values equal to the
current ones. https://docs.slack.dev/surfaces/modals#updating_views
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.form.form import Form, form_of
from bot.form.view import render
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import Failed, SlackApi
from bot.slack.cache import keep
from bot.slack.payloads import at, read_view, text_at

log = get_logger("weav_slack.open_forms")
ViewJson = Mapping[str, Any]
# None: the change is obsolete.
Change = Callable[[Form], Form | None]
_CHOSEN_IN: Final = (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO)
# How many open forms are remembered.
_MOST_REMEMBERED: Final = 500


@dataclass(slots=True)
class _OpenForm:
    """How a form was drawn last, and what its user has chosen since.

    `over`: hashes of earlier versions of the view. `shared`: another replica has drawn it too, and
    may again. `state`: Slack's, from the latest choice; `told_at`: the view's hash at that choice.
    `choices`: an object per field, replaced at each choice. `refused`: changes that failed with
    `hash_conflict`.
    """

    hash: str
    drawn: Form
    shared: bool = False
    over: set[str] = field(default_factory=set)
    state: object = None
    told_at: str = ""
    choices: dict[str, object] = field(default_factory=dict)
    refused: list[Change] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def must_be_drawn(self, before: Form, after: Form) -> bool:
        """Whether Slack may show something else than `after`."""
        return after != before or _looks(after) != _looks(self.drawn) or self._has_jumped(before)

    def _has_jumped(self, now: Form) -> bool:
        """Whether a select may show another option than the chosen one.

        A redraw that was in flight at the choice put the earlier option back. A redraw by a replica
        that does not know the choice would, too; redrawing here gives the view a new hash, so that
        the other replica's update conflicts.
        """
        if not self.shared and self.told_at in {"", self.hash}:
            return False
        selects = ((self.drawn.customer, now.customer), (self.drawn.assignee, now.assignee))
        return any(
            drawn and drawn["value"] != text_at(chosen, "value") for drawn, chosen in selects
        )


def _looks(form: Form) -> object:
    return form.values.assignee_type, form.shown, form.post_to_hint


class OpenForms:
    """A cache: any replica can redraw a form from what Slack sends."""

    def __init__(self, slack: SlackApi) -> None:
        self._slack = slack
        self._forms: dict[str, _OpenForm] = {}

    def opened(self, view: ViewJson, form: Form) -> Callable[[], frozenset[str]]:
        """Remember a form that `views.open` opened.

        Return a function that tells in which fields the user has chosen nothing so far: Slack's
        answer has no state, and may come after the user's first choice.
        """
        view_id, seen = text_at(view, "id"), text_at(view, "hash")
        known = self._forms.get(view_id) or _OpenForm(seen, form)
        if known.hash == seen:
            known.drawn, known.shared = form, False
        untouched = {name: object() for name in _CHOSEN_IN}
        known.choices = untouched | known.choices
        keep(self._forms, view_id, known, _MOST_REMEMBERED)
        return lambda: frozenset(
            name for name, mine in untouched.items() if known.choices.get(name) is mine
        )

    def chosen(self, view: ViewJson, name: str) -> Callable[[], bool]:
        """Note a choice; return a function that tells whether it is still the field's latest."""
        known = self._told(view)
        mine = known.choices[name] = object()
        return lambda: known.choices.get(name) is mine

    def submitted(self, view_id: str) -> None:
        """Make pending changes obsolete: a redraw would remove the errors under the fields."""
        if known := self._forms.get(view_id):
            known.choices.clear()

    async def redraw(self, view: ViewJson, change: Change) -> None:
        """Redraw the form with a change, if the change is visible.

        The update always carries the view's hash. A conflict means that the view now shows the
        answer to a submission, or another replica's drawing; a form drawn over such an answer could
        be submitted again and open a second conversation. A change that met a conflict is drawn
        with the user's next choice, unless it is obsolete by then.
        """
        view_id = text_at(view, "id")
        known = self._forms.get(view_id)
        if not view_id or known is None:  # no ID: the answer of views.open was lost
            return
        async with known.lock:
            now = known.drawn.told(known.state)
            after = change(now)
            if after is None:
                return
            for earlier in known.refused:
                after = earlier(after) or after
            if not known.must_be_drawn(now, after):
                return
            seen, shared = known.hash, known.shared
            result = await self._slack.redraw({"id": view_id, "hash": seen}, render(after))
            if isinstance(result, Failed):
                log.info("form_not_redrawn", code=result.code)
                if result.code == "hash_conflict":
                    known.refused.append(change)
                return
            known.refused.clear()
            drawn = text_at(result.view, "hash")
            if known.hash in {seen, drawn}:  # else another replica has drawn it since
                known.hash, known.drawn, known.shared = drawn, after, shared
            known.over |= {seen, drawn}

    def _told(self, view: ViewJson) -> _OpenForm:
        """Record the state in an interaction, and whether another replica has drawn the form."""
        view_id, seen = text_at(view, "id"), text_at(view, "hash")
        known = self._forms.get(view_id) or _OpenForm(seen, form_of(read_view(view)), shared=True)
        if seen not in {known.hash, *known.over}:
            known.over.add(known.hash)
            known.hash, known.drawn, known.shared = seen, form_of(read_view(view)), True
        if at(view, "state", "values"):
            known.state, known.told_at = at(view, "state"), seen
        keep(self._forms, view_id, known, _MOST_REMEMBERED)
        return known
