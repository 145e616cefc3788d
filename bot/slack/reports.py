"""The answer to `status`, private to its author."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, SectionBlock

from bot.slack.cards import Card, card
from bot.slack.elements import link, mrkdwn, web_address
from bot.slack.text import clock, escape, shorten

_SUBJECT_LIMIT = 100
_REASON_LIMIT = 150
_ID_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One submission; `at` is in seconds since the epoch, what is unknown is empty."""

    subject: str
    state: str
    reason: str
    at: float
    link: str
    conversation_id: str
    ways_on: Sequence[ButtonElement] = field(default=())


def status_message(lines: Sequence[Line]) -> Card:
    """List submissions, the newest first, 24 at most: Slack takes 50 blocks."""
    if not lines:
        return card(
            "Your last Weav conversations: none yet.", _section("You have opened none yet.")
        )
    drawn = [_draw(line) for line in lines]
    heading = "Your last Weav conversations"
    text = "\n".join([f"{heading}:", *drawn])
    blocks = [
        block
        for line, said in zip(lines, drawn, strict=True)
        for block in (_section(said), *_actions(line))
    ]
    return card(text[:4000], _section(f"*{heading}*"), *blocks)


def _draw(line: Line) -> str:
    subject = escape(shorten(line.subject, _SUBJECT_LIMIT)) or "_No subject_"
    parts = [f"{subject}: {line.state}"]
    if line.reason:
        parts.append(escape(shorten(line.reason, _REASON_LIMIT)))
    parts.append(clock(line.at))
    if line.conversation_id:
        identifier = f"`{escape(shorten(line.conversation_id, _ID_LIMIT))}`"
        parts.append(link(line.link, "Open in Weav") if web_address(line.link) else identifier)
    return " · ".join(parts)


def _actions(line: Line) -> list[Block]:
    return [ActionsBlock(elements=list(line.ways_on))] if line.ways_on else []


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=mrkdwn(text))
