"""The card of a conversation that was opened: drawn, and posted on the way that takes it.

The route: the channel or thread → the form's response_url → its author's messages.
"""

import time
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from bot.access.audience import Audience
from bot.card.controls import Click
from bot.card.facts import NO_FACTS, RECOVERED, CardFacts
from bot.card.history import opened_line
from bot.card.render import Card, CardDrawer, render
from bot.form.values import FilledForm, Place
from bot.ledger import Entry
from bot.slack import blocks
from bot.slack.api import ApiResult, Done, Failed, SlackApi
from bot.slack.text import channel_name, duration
from bot.weav.models import Conversation

Route = Literal["channel", "response_url", "direct"]
# https://docs.slack.dev/reference/methods/chat.postMessage#errors, those that a person can mend.
WHY: Final = {
    "not_in_channel": "the bot is not a member of it",
    "channel_not_found": "the bot is not a member of it, or cannot see it",
    "is_archived": "it is archived",
    "restricted_action": "only some people may post in it",
    "restricted_action_read_only_channel": "it is read-only",
    "restricted_action_non_threadable_channel": "it takes no threads",
    "restricted_action_thread_locked": "the thread is locked",
    "ratelimited": "Slack asks the bot to slow down",
}
_NOT_CONFIRMED: Final = Failed("no_answer", certain=False)
# A wait that nobody need explain, in seconds.
SHORT_WAIT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """`facts`: what it takes to draw it again."""

    route: Route
    slack_channel_id: str = ""
    message_ts: str = ""
    facts: CardFacts = field(default=NO_FACTS, compare=False)


class CardPoster:
    def __init__(self, slack: SlackApi, drawer: CardDrawer) -> None:
        self._slack = slack
        self.drawer = drawer

    async def post(
        self, entry: Entry, conversation: Conversation, *, queued: bool = False
    ) -> Delivered | Failed:
        """Post the card of what Weav has opened; its audience is known before."""
        form = FilledForm.read(entry.form)
        note, waited = RECOVERED if entry.recovered else "", waited_by_now(entry)
        if queued or waited > SHORT_WAIT:
            note = f"{note} It waited {duration(waited, 's', 'min')} for Weav.".strip()
        facts = CardFacts(
            opened=opened_line(conversation, form.origin, entry.slack_user_id),
            note=note,
            thread_ts=form.place.thread_ts,
        )
        card = await self.drawer.card(conversation, form.place.slack_channel_id, facts, new=True)
        perhaps_there = bool(entry.route)
        return await deliver(
            self._slack, card, form.place, entry.slack_user_id, perhaps_there=perhaps_there
        )


def waited_by_now(entry: Entry) -> float:
    """Seconds since it was asked for; the row itself knows how many they were when it was read."""
    return entry.waited + time.monotonic() - entry.asked_at


async def deliver(
    slack: SlackApi, card: Card, place: Place, author: str, *, perhaps_there: bool = False
) -> Delivered | Failed:
    """Post the card once on the first way that takes it; `Failed`: on no way, ask again later.

    A post that may have arrived is not made a second time in the channel: the author is told, with
    the whole card where the channel would have got less. `Failed` that is not `certain` means such
    a post; whoever asks again says so with `perhaps_there`.
    """
    if perhaps_there:
        again = _for_author(card, place, _NOT_CONFIRMED)
        return _directly(await slack.post(author, render(again)), again, _NOT_CONFIRMED)
    drawn = render(card)
    posted = await slack.post(place.slack_channel_id, drawn, place.thread_ts)
    if isinstance(posted, Done):
        return Delivered("channel", posted.slack_channel_id, posted.message_ts, card.facts)
    if posted.certain and place.response_url:
        answered = await slack.respond(
            place.response_url, drawn, in_channel=True, thread_ts=place.thread_ts
        )
        if isinstance(answered, Done):
            return Delivered("response_url", place.slack_channel_id, facts=card.facts)
        if not answered.certain:
            posted = answered
    direct = _for_author(card, place, posted)
    return _directly(await slack.direct_message(author, render(direct)), direct, posted)


async def redraw(slack: SlackApi, card: Card, click: Click) -> Delivered | Failed:
    """Put the card where the clicked one stands.

    chat.update does not reach what a response_url posted where the bot is no member; the click's
    own response_url does, wherever it was.
    """
    drawn = render(card)
    updated = await slack.update(click.slack_channel_id, click.message_ts, drawn)
    if isinstance(updated, Done):
        return Delivered("channel", click.slack_channel_id, click.message_ts)
    if not click.response_url:
        return updated
    replaced = await slack.respond(
        click.response_url, drawn, in_channel=True, replace_original=True
    )
    if isinstance(replaced, Done):
        return Delivered("response_url", click.slack_channel_id, click.message_ts)
    return replaced


def _directly(sent: ApiResult, card: Card, posted: Failed) -> Delivered | Failed:
    if isinstance(sent, Done):
        return Delivered("direct", sent.slack_channel_id, sent.message_ts, card.facts)
    return replace(sent, certain=posted.certain)


def _for_author(card: Card, place: Place, failure: Failed) -> Card:
    """Give all of it: whoever opened it knows it, and nobody else reads it there."""
    reason = blocks.section(blocks.mrkdwn(_why_here(place, failure)))
    facts = card.facts.model_copy(update={"above": (reason,), "thread_ts": ""})
    return replace(card, readers=Audience.INSIDE, facts=facts)


def _why_here(place: Place, failure: Failed) -> str:
    channel = channel_name(place.slack_channel_id)
    where = channel or "your direct message"
    if not failure.certain:
        return (
            "The conversation exists in Weav. Slack did not confirm that its card was posted in"
            f" {where}, so here it is again."
        )
    why = WHY.get(failure.code, f"Slack says `{failure.code}`")
    reason = f"The conversation exists in Weav. Its card could not be posted in {where}: {why}."
    if channel and failure.code in {"not_in_channel", "channel_not_found"}:
        reason += " To have cards there, type `/invite @Weav` in that channel."
    return reason
