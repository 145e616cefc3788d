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
from bot.slack.cache import put_bounded
from bot.slack.payloads import at, read_view, text_at

log = get_logger("weav_slack.open_forms")
ViewJson = Mapping[str, Any]
# None: the change is obsolete.
Change = Callable[[Form], Form | None]
_CHOICE_FIELDS: Final = (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO)
# How many open forms are remembered.
_MOST_REMEMBERED: Final = 500


@dataclass(slots=True)
class _OpenForm:
    """How a form was drawn last, and what its user has chosen since.

    `old_hashes`: of earlier versions of the view. `shared`: another replica has drawn it, too, and
    may again. `state`: the view's state at the latest choice, `state_hash` its hash then.
    `choices`: an object per field, replaced at each choice. `conflicted`: changes that failed with
    `hash_conflict`.
    """

    hash: str
    drawn: Form
    shared: bool = False
    old_hashes: set[str] = field(default_factory=set)
    state: object = None
    state_hash: str = ""
    choices: dict[str, object] = field(default_factory=dict)
    conflicted: list[Change] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def needs_redraw(self, before: Form, after: Form) -> bool:
        """Whether Slack may show something else than `after`."""
        return after != before or _shown(after) != _shown(self.drawn) or self._may_differ(before)

    def _may_differ(self, now: Form) -> bool:
        """Whether a select may show another option than the chosen one.

        A redraw of ours that was in flight at the choice put the earlier option back. A replica
        that does not know of the choice may do the same later: redrawing first gives the view a new
        hash, so that the replica's update conflicts.
        """
        if not self.shared and self.state_hash in {"", self.hash}:
            return False
        selects = ((self.drawn.customer, now.customer), (self.drawn.assignee, now.assignee))
        return any(
            drawn and drawn["value"] != text_at(chosen, "value") for drawn, chosen in selects
        )


def _shown(form: Form) -> object:
    return form.values.assignee_type, form.extra_blocks, form.post_to_hint


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
        view_id, view_hash = text_at(view, "id"), text_at(view, "hash")
        cached = self._forms.get(view_id) or _OpenForm(view_hash, form)
        if cached.hash == view_hash:
            cached.drawn, cached.shared = form, False
        untouched = {name: object() for name in _CHOICE_FIELDS}
        cached.choices = untouched | cached.choices
        put_bounded(self._forms, view_id, cached, _MOST_REMEMBERED)
        return lambda: frozenset(
            name for name, token in untouched.items() if cached.choices.get(name) is token
        )

    def chosen(self, view: ViewJson, name: str) -> Callable[[], bool]:
        """Note a choice; return a function that tells whether it is still the field's latest."""
        cached = self._record(view)
        token = cached.choices[name] = object()
        return lambda: cached.choices.get(name) is token

    def submitted(self, view_id: str) -> None:
        """Make pending changes obsolete: a redraw would remove the errors under the fields."""
        if cached := self._forms.get(view_id):
            cached.choices.clear()

    async def redraw(self, view: ViewJson, change: Change) -> None:
        """Redraw the form with a change, if the change is visible.

        The update always carries the view's hash. A conflict means that the view now shows the
        answer to a submission, or another replica's drawing; a form drawn over such an answer could
        be submitted again and open a second conversation. A change that met a conflict is drawn
        with the user's next choice, unless it is obsolete by then.
        """
        view_id = text_at(view, "id")
        cached = self._forms.get(view_id)
        if not view_id or cached is None:  # no ID: the answer of views.open was lost
            return
        async with cached.lock:
            now = cached.drawn.with_state(cached.state)
            after = change(now)
            if after is None:
                return
            for earlier in cached.conflicted:
                after = earlier(after) or after
            if not cached.needs_redraw(now, after):
                return
            view_hash, shared = cached.hash, cached.shared
            result = await self._slack.update_if_seen(
                {"id": view_id, "hash": view_hash}, render(after)
            )
            if isinstance(result, Failed):
                log.info("form_not_redrawn", code=result.code)
                if result.code == "hash_conflict":
                    cached.conflicted.append(change)
                return
            cached.conflicted.clear()
            drawn = text_at(result.view, "hash")
            if cached.hash in {view_hash, drawn}:  # else another replica has drawn it since
                cached.hash, cached.drawn, cached.shared = drawn, after, shared
            cached.old_hashes |= {view_hash, drawn}

    def _record(self, view: ViewJson) -> _OpenForm:
        """Record the state in an interaction, and whether another replica has drawn the form."""
        view_id, new_hash = text_at(view, "id"), text_at(view, "hash")
        cached = self._forms.get(view_id) or _OpenForm(
            new_hash, form_of(read_view(view)), shared=True
        )
        if new_hash not in {cached.hash, *cached.old_hashes}:
            cached.old_hashes.add(cached.hash)
            cached.hash, cached.drawn, cached.shared = new_hash, form_of(read_view(view)), True
        if at(view, "state", "values"):
            cached.state, cached.state_hash = at(view, "state"), new_hash
        put_bounded(self._forms, view_id, cached, _MOST_REMEMBERED)
        return cached
