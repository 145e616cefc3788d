"""An open form drawn again with some blocks changed: what stands in the others stays.

Slack keeps what stands in an input with the same ids, but not always in view of the initial value
that comes with an update. An external select was seen to jump back to it, and others to show it and
submit something else: https://github.com/soxtoby/SlackNet/issues/248 and
https://github.com/slackapi/bolt-python/issues/572. Where both are the same, neither can happen.
https://docs.slack.dev/surfaces/modals#updating_views
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakValueDictionary

from slack_sdk.models.blocks import Block

from bot.access.audience import Audience
from bot.form.context import EMPTY_CONTEXT, FormContext, Source
from bot.form.duplicates import OpenConversation, duplicate_blocks, open_conversations_block
from bot.form.fields import assignee_input, assignee_type_input, typed_value
from bot.form.options import NOBODY
from bot.form.values import FormValues, Origin, values_of
from bot.form.view import inputs
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import Failed, SlackApi
from bot.slack.cache import keep
from bot.slack.payloads import at, list_at, text_at

JsonBlock = Any  # JSON


def as_it_stands(block: JsonBlock, state: object) -> JsonBlock:
    """Begin an input with what a view's state says of it; without a word of it, leave it alone."""
    element = at(block, "element")
    entry = at(state, "values", text_at(block, "block_id"), text_at(element, "action_id"))
    kind = text_at(element, "type")
    if kind not in _INITIAL or text_at(entry, "type") != kind:
        return block
    initial, standing = _INITIAL[kind]
    begun = {name: part for name, part in element.items() if name != initial}
    if value := standing(element, entry):
        begun[initial] = value
    return {**block, "element": begun}


def has_jumped(block: JsonBlock, state: object) -> bool:
    """Tell whether a select was drawn with another option than the one that was chosen in it."""
    begins, stands = (
        text_at(each, "element", "initial_option", "value")
        for each in (block, as_it_stands(block, state))
    )
    return text_at(block, "element", "type") == "external_select" and begins not in {"", stands}


def _typed(_: object, entry: object) -> str:
    return typed_value(text_at(entry, "value"))


def _chosen(element: object, entry: object) -> JsonBlock:
    """An option must be exactly one of those that the element has."""
    return _options(element).get(text_at(entry, "selected_option", "value"))


def _found(_: object, entry: object) -> JsonBlock:
    return at(entry, "selected_option")


def _ticked(element: object, entry: object) -> list[JsonBlock]:
    options = _options(element)
    values = [text_at(option, "value") for option in list_at(entry, "selected_options")]
    return [options[value] for value in values if value in options]


def _conversation(_: object, entry: object) -> str:
    return text_at(entry, "selected_conversation")


def _options(element: object) -> dict[str, JsonBlock]:
    return {text_at(option, "value"): option for option in list_at(element, "options")}


# https://docs.slack.dev/reference/block-kit/block-elements, those of our forms.
_INITIAL: Final[Mapping[str, tuple[str, Callable[[object, object], Any]]]] = {
    "plain_text_input": ("initial_value", _typed),
    "static_select": ("initial_option", _chosen),
    "radio_buttons": ("initial_option", _chosen),
    "external_select": ("initial_option", _found),
    "checkboxes": ("initial_options", _ticked),
    "conversations_select": ("initial_conversation", _conversation),
}
# https://docs.slack.dev/reference/views: the rest is Slack's own, and refused.
_KEPT: Final = (
    "type",
    "callback_id",
    "title",
    "submit",
    "close",
    "private_metadata",
    "clear_on_close",
    "notify_on_close",
    "external_id",
)
View = Mapping[str, Any]


def with_assignee_of(view: View, kind: str, typed: str, label: str) -> dict[str, Any] | None:
    """Change the picker to people, agents or a typed ID; None: there is none, or it fits.

    Somebody found for another kind stays in a picker of the same type, as Slack keeps it: seen, and
    refused when it is submitted. Nobody goes with whoever was chosen.
    """
    typed = "" if kind == NOBODY else typed
    return _replaced(
        view,
        {
            ids.ASSIGNEE_TYPE: assignee_type_input(kind, ""),
            ids.ASSIGNEE_ID: assignee_input(kind, typed, label),
        },
    )


def with_conversations(
    view: View, several: Sequence[OpenConversation], named: str = ""
) -> dict[str, Any] | None:
    """Say below the customer who they are and what they have open; None: nothing changes."""
    shown = [open_conversations_block(several, named).to_dict()] if several or named else []
    blocks: list[Any] = []
    for block in list_at(view, "blocks"):
        if text_at(block, "block_id") != ids.OPEN_CONVERSATIONS:
            blocks.append(block)
        if text_at(block, "block_id") == ids.CUSTOMER_ID:
            blocks += shown
    return with_blocks(view, blocks)


def _replaced(view: View, by_id: Mapping[str, Block]) -> dict[str, Any] | None:
    drawn = {block_id: block.to_dict() for block_id, block in by_id.items()}
    blocks = [drawn.get(text_at(block, "block_id"), block) for block in list_at(view, "blocks")]
    return with_blocks(view, blocks)


def with_blocks(view: View, blocks: Sequence[Any]) -> dict[str, Any] | None:
    """Draw a view anew from what Slack says of it, or None where nothing changes."""
    if list(blocks) == list_at(view, "blocks"):
        return None
    return _as_it_stands(view, blocks)


def with_choices(view: View) -> dict[str, Any] | None:
    """Choose again what was chosen while the view was being drawn; None: it stands."""
    blocks = list_at(view, "blocks")
    jumped = any(has_jumped(block, view.get("state")) for block in blocks)
    return _as_it_stands(view, blocks) if jumped else None


def _as_it_stands(view: View, blocks: Sequence[Any]) -> dict[str, Any]:
    standing = [as_it_stands(block, view.get("state")) for block in blocks]
    return {**{name: view[name] for name in _KEPT if view.get(name)}, "blocks": standing}


_NOTES: Final = {
    Audience.SHARED: (
        "People of other organisations read this channel: they will see the conversation's ID, its"
        " status and its link, no subject and no customer."
    ),
    Audience.UNSEEN: (
        "The bot cannot see who reads this channel, so the card there will be a short one: the"
        " conversation's ID, its status and its link. To have the whole card, type /invite @Weav"
        " there first."
    ),
}


def prefilled(view: object) -> str:
    """Give the channel that Slack may have filled in by itself; empty for a form that has another.

    A global shortcut comes from no channel, and its form begins with the one that its user looks
    at: no action tells of it, but the state that comes with any other choice.
    """
    from_somewhere = Origin.load(at(view, "private_metadata")).slack_channel_id
    return "" if from_somewhere else values_of(view).post_to


def noted(view: Mapping[str, Any], readers: Audience) -> dict[str, Any] | None:
    """Draw a view anew, or None where the note stands as it should."""
    blocks = list_at(view, "blocks")
    return with_blocks(view, [_with_note(block, readers) for block in blocks])


def _with_note(block: Any, readers: Audience) -> Any:  # noqa: ANN401 - JSON
    if text_at(block, "block_id") != ids.POST_TO:
        return block
    hint = text_at(block, "hint", "text")
    usual = hint
    for note in _NOTES.values():
        usual = usual.removeprefix(note).strip()
    words = " ".join(part for part in (_NOTES.get(readers, ""), usual) if part)
    if words == hint:
        return block
    return {**block, "hint": {"type": "plain_text", "text": words}}


@dataclass(frozen=True, slots=True)
class Late:
    """`around` is what the form opened without. `several` and `named`: of the customer."""

    values: FormValues = field(default_factory=FormValues)
    around: FormContext = EMPTY_CONTEXT
    several: Sequence[OpenConversation] = ()
    named: str = ""


def with_late(
    view: View, late: Late, readers: Audience, standing: Collection[str]
) -> dict[str, Any] | None:
    """Draw a view anew, or None where nothing changes; `standing`: fields not touched since."""
    drawn = noted(view, readers) if ids.POST_TO in standing else None
    drawn = _with_memories(drawn or view, late, standing) or drawn
    if ids.CUSTOMER_ID in standing:
        drawn = with_conversations(drawn or view, late.several, late.named) or drawn
    return drawn


def _with_memories(view: View, late: Late, standing: Collection[str]) -> dict[str, Any] | None:
    around, already = late.around, late.around.already
    wanted = _told(around) & set(standing)
    if ids.ASSIGNEE_TYPE not in standing:
        wanted.discard(ids.ASSIGNEE_ID)  # its picker is for others now
    if not wanted and not already:
        return None
    drawn_inputs = inputs(late.values, around)
    anew = {block.block_id: block.to_dict() for block in drawn_inputs if block.block_id in wanted}
    blocks: list[Any] = []
    for block in list_at(view, "blocks"):
        block_id = text_at(block, "block_id")
        if already and block_id == ids.CUSTOMER_ID:
            blocks += [each.to_dict() for each in duplicate_blocks(already)]
        blocks.append(anew.get(block_id, block))
    drawn = with_blocks(view, blocks)
    return drawn and _with_customer(drawn, anew.get(ids.CUSTOMER_ID))


def _told(around: FormContext) -> set[str]:
    from_message = around.sources.get(ids.CUSTOMER_ID) is Source.MESSAGE
    return {*around.labels, ids.CUSTOMER_ID} if from_message else set(around.labels)


def _with_customer(drawn: dict[str, Any], customer: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Fill them in although the view's state says that nobody stands there: nobody chose that."""
    blocks = [
        customer if customer and text_at(block, "block_id") == ids.CUSTOMER_ID else block
        for block in drawn["blocks"]
    ]
    return {**drawn, "blocks": blocks}


log = get_logger("weav_slack.update")
Draw = Callable[[View], dict[str, Any] | None]
# Views whose last drawing and choices are remembered, for what was asked for at the same time.
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class _Drawing:
    """`over`: the hashes of the view before it and of those that were drawn before that."""

    view: View
    over: frozenset[str]


class ViewUpdates:
    def __init__(self, slack: SlackApi) -> None:
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
