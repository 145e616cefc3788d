"""What is added to a form that is open, in one drawing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.slack import ids
from bot.slack.already import OpenConversation, already_blocks
from bot.slack.around import NOTHING_KNOWN, Around, Source
from bot.slack.audience import Audience
from bot.slack.inputs import inputs
from bot.slack.payloads import list_at, text_at
from bot.slack.seen_views import with_blocks, with_conversations
from bot.slack.shared_note import noted
from bot.slack.values import FormValues

View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Late:
    """`around` is what the form opened without. `several` and `named`: of the customer."""

    values: FormValues = field(default_factory=FormValues)
    around: Around = NOTHING_KNOWN
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
            blocks += [each.to_dict() for each in already_blocks(already)]
        blocks.append(anew.get(block_id, block))
    drawn = with_blocks(view, blocks)
    return drawn and _with_customer(drawn, anew.get(ids.CUSTOMER_ID))


def _told(around: Around) -> set[str]:
    from_message = around.sources.get(ids.CUSTOMER_ID) is Source.MESSAGE
    return {*around.labels, ids.CUSTOMER_ID} if from_message else set(around.labels)


def _with_customer(drawn: dict[str, Any], customer: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Fill them in although the view's state says that nobody stands there: nobody chose that."""
    blocks = [
        customer if customer and text_at(block, "block_id") == ids.CUSTOMER_ID else block
        for block in drawn["blocks"]
    ]
    return {**drawn, "blocks": blocks}
