"""An open form, drawn again when something of it is new: what stands in it stays.

Slack keeps what stands in an input with the same ids, but not always in view of the initial value
that comes with an update. An external select was seen to jump back to it, and others to show it and
submit something else: https://github.com/soxtoby/SlackNet/issues/248 and
https://github.com/slackapi/bolt-python/issues/572. Where both are the same, neither can happen.
https://docs.slack.dev/surfaces/modals#updating_views
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
# None: nothing of it is wanted any more.
Change = Callable[[Form], Form | None]
_CHOSEN_IN: Final = (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO)
# Views of which the last drawing and choices are remembered, for what is asked for meanwhile.
_MOST_REMEMBERED: Final = 500


@dataclass(slots=True)
class _OpenForm:
    """How a form was drawn last, and what its user has chosen since.

    `over`: the hashes of the views before this one. `shared`: another process has drawn it as well,
    and may again. `told_at`: the hash of the view in which its user made the latest choice.
    `refused`: changes that found another process's drawing.
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


class OpenForms:
    """Nothing that it remembers is needed: any process can draw from what Slack sends."""

    def __init__(self, slack: SlackApi) -> None:
        self._slack = slack
        self._forms: dict[str, _OpenForm] = {}

    def opened(self, view: ViewJson, form: Form) -> Callable[[], frozenset[str]]:
        """Tell later which of its fields nobody has chosen in since.

        Slack's answer says nothing of what stands in the form, and may come after a choice.
        """
        view_id, seen = text_at(view, "id"), text_at(view, "hash")
        known = self._forms.get(view_id) or _OpenForm(seen, form)
        if known.hash == seen:
            known.drawn, known.shared = form, False
        untouched = {name: object() for name in _CHOSEN_IN}
        known.choices = untouched | known.choices
        put_bounded(self._forms, view_id, known, _MOST_REMEMBERED)
        return lambda: frozenset(
            name for name, mine in untouched.items() if known.choices.get(name) is mine
        )

    def chosen(self, view: ViewJson, name: str) -> Callable[[], bool]:
        """Tell later whether this choice still stands: what was found for an older one is over."""
        known = self._told(view)
        mine = known.choices[name] = object()
        return lambda: known.choices.get(name) is mine

    def submitted(self, view_id: str) -> None:
        """Draw nothing over the answer: a drawing takes away the errors that are under fields."""
        if known := self._forms.get(view_id):
            known.choices.clear()

    async def redraw(self, view: ViewJson, change: Change) -> None:
        """Draw the form with a change, if there is anything to be seen of it.

        Never without the hash: what conflicts with it is the answer to a submission, or another
        process's drawing, and a form over such an answer would be submitted, and opened, a second
        time. What was refused so is drawn with the next choice, if it stands then.
        """
        view_id = text_at(view, "id")
        known = self._forms.get(view_id)
        if not view_id or known is None:  # no ID: Slack's answer to views.open was lost
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
            result = await self._slack.update_if_seen({"id": view_id, "hash": seen}, render(after))
            if isinstance(result, Failed):
                log.info("form_not_redrawn", code=result.code)
                if result.code == "hash_conflict":
                    known.refused.append(change)
                return
            known.refused.clear()
            drawn = text_at(result.view, "hash")
            if known.hash in {seen, drawn}:  # else another process has drawn it since
                known.hash, known.drawn, known.shared = drawn, after, shared
            known.over |= {seen, drawn}

    def _told(self, view: ViewJson) -> _OpenForm:
        """Note what an interaction says of the form, and a drawing of another process's."""
        view_id, seen = text_at(view, "id"), text_at(view, "hash")
        known = self._forms.get(view_id) or _OpenForm(seen, form_of(read_view(view)), shared=True)
        if seen not in {known.hash, *known.over}:
            known.over.add(known.hash)
            known.hash, known.drawn, known.shared = seen, form_of(read_view(view)), True
        if at(view, "state", "values"):
            known.state, known.told_at = at(view, "state"), seen
        put_bounded(self._forms, view_id, known, _MOST_REMEMBERED)
        return known
