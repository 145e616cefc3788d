"""A card that was clicked, drawn anew for everybody from Weav's answer."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any, Final

from bot.slack import ids
from bot.slack.cards import NOT_NAMED, Card, Named, draw_card
from bot.slack.changes import Change, change_lines
from bot.slack.clicks import Click
from bot.slack.delivery import Delivered
from bot.slack.fitting import TEXT_LIMIT
from bot.slack.gateway import Done, Failed, SlackGateway
from bot.slack.payloads import at, text_at
from bot.weav.models import Conversation

HEADING: Final = "Weav conversation"


def redrawn_card(
    conversation: Conversation,
    click: Click,
    changes: Sequence[Change],
    *,
    history: str,
    link: str,
    note: str,
    named: Named = NOT_NAMED,
) -> Card:
    """Keep what stood above the card: in a direct message, why it came there."""
    drawn = draw_card(
        conversation,
        history=history or history_in(click.card_blocks),
        named=named,
        link=link,
        note=note,
        heading=HEADING,
        changes=change_lines(changes),
    )
    above = _above(click.card_blocks)
    said = " ".join([*(text_at(block, "text", "text") for block in above), drawn.text])
    text = said if len(said) <= TEXT_LIMIT else drawn.text
    return Card(text, [*above, *drawn.blocks])


def history_in(blocks: Iterable[Any]) -> str:
    """Read from the card itself who opened it, as it was drawn; empty if it does not say."""
    for block in blocks:
        if text_at(block, "block_id") == ids.CARD_HISTORY:
            elements = at(block, "elements")
            first = elements[0] if isinstance(elements, list) and elements else {}
            said = text_at(first, "text")
            return said if said.startswith("Opened by ") else ""
    return ""


async def replace(slack: SlackGateway, click: Click, card: Card) -> Delivered | Failed:
    """Put the card where the clicked one stands.

    chat.update does not reach what a response_url posted where the bot is no member; the click's
    own response_url does, wherever it was.
    """
    updated = await slack.update(click.slack_channel_id, click.message_ts, card)
    if isinstance(updated, Done):
        return Delivered("channel", click.slack_channel_id, click.message_ts)
    if not click.response_url:
        return updated
    replaced = await slack.respond(click.response_url, card, in_channel=True, replace_original=True)
    if isinstance(replaced, Done):
        return Delivered("response_url", click.slack_channel_id, click.message_ts)
    return replaced


async def tell_privately(slack: SlackGateway, click: Click, message: Card) -> Done | Failed:
    """Tell the one who clicked where they did, else as a direct message.

    A response_url knows no thread for what one person sees, and puts it into the channel. There it
    is seen beside a card that began a thread; a card in somebody else's needs a method of its own.
    """
    if click.thread_ts not in {"", click.message_ts}:
        channel, person = click.slack_channel_id, click.slack_user_id
        told = await slack.whisper(channel, person, message, click.thread_ts)
        if isinstance(told, Done):
            return told
    if click.response_url:
        told = await slack.respond(click.response_url, message)
        if isinstance(told, Done):
            return told
    return await slack.message(click.slack_user_id, message)


def _above(blocks: Sequence[Any]) -> list[dict[str, Any]]:
    above = list(takewhile(lambda block: text_at(block, "type") != "rich_text", blocks))
    return above if len(above) < len(blocks) else []
