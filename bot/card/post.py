"""The card of a new conversation: drawn, and posted on the first route that Slack accepts.

The routes: the channel or thread → the form's response_url → a direct message to the author.
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
# The errors that a person can fix: https://docs.slack.dev/reference/methods/chat.postMessage#errors
POST_ERRORS: Final = {
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
# Seconds; the card explains a longer wait.
SHORT_WAIT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """`facts`: for a later redraw."""

    route: Route
    slack_channel_id: str = ""
    message_ts: str = ""
    facts: CardFacts = field(default=NO_FACTS, compare=False)


@dataclass(eq=False, repr=False)
class CardPoster:
    _slack: SlackApi
    drawer: CardDrawer

    async def post(
        self, entry: Entry, conversation: Conversation, *, queued: bool = False
    ) -> Delivered | Failed:
        """Post the card of a new conversation; look up first who reads the channel."""
        form = FilledForm.load(entry.form)
        note, waited = RECOVERED if entry.recovered else "", seconds_waited(entry)
        if queued or waited > SHORT_WAIT:
            note = f"{note} It waited {duration(waited, 's', 'min')} for Weav.".strip()
        facts = CardFacts(
            opened=opened_line(conversation, form.origin, entry.slack_user_id),
            note=note,
            thread_ts=form.place.thread_ts,
        )
        card = await self.drawer.card(conversation, form.place.slack_channel_id, facts, new=True)
        maybe_posted = bool(entry.route)
        return await self._deliver(card, form.place, entry.slack_user_id, maybe_posted=maybe_posted)

    async def _deliver(
        self, card: Card, place: Place, author: str, *, maybe_posted: bool
    ) -> Delivered | Failed:
        """Post the card once, on the first route that Slack accepts; on `Failed`, retry later.

        A post that may have arrived is never repeated in the channel. The author gets the card as a
        direct message instead, always the full one. `Failed` with `certain=False` means that the
        channel may have the card; the retry must be `maybe_posted` then.
        """
        if maybe_posted:
            again = _for_author(card, place, _NOT_CONFIRMED)
            sent = await self._slack.post(author, render(again))
            return _sent_directly(sent, again, _NOT_CONFIRMED)
        drawn = render(card)
        posted = await self._slack.post(place.slack_channel_id, drawn, place.thread_ts)
        if isinstance(posted, Done):
            return Delivered("channel", posted.slack_channel_id, posted.message_ts, card.facts)
        if posted.certain and place.response_url:
            answered = await self._slack.respond(
                place.response_url, drawn, in_channel=True, thread_ts=place.thread_ts
            )
            if isinstance(answered, Done):
                return Delivered("response_url", place.slack_channel_id, facts=card.facts)
            if not answered.certain:
                posted = answered
        direct = _for_author(card, place, posted)
        sent = await self._slack.direct_message(author, render(direct))
        return _sent_directly(sent, direct, posted)


def seconds_waited(entry: Entry) -> float:
    """Seconds since the submission; `entry.waited` counts up to when the row was read."""
    return entry.waited + time.monotonic() - entry.asked_at


async def redraw(slack: SlackApi, card: Card, click: Click) -> Route | Failed:
    """Replace the clicked card.

    chat.update cannot change a message that a response_url posted in a channel without the bot;
    the click's own response_url can.
    """
    drawn = render(card)
    updated = await slack.update(click.slack_channel_id, click.message_ts, drawn)
    if isinstance(updated, Done):
        return "channel"
    if not click.response_url:
        return updated
    replaced = await slack.respond(
        click.response_url, drawn, in_channel=True, replace_original=True
    )
    return "response_url" if isinstance(replaced, Done) else replaced


def _sent_directly(sent: ApiResult, card: Card, posted: Failed) -> Delivered | Failed:
    if isinstance(sent, Done):
        return Delivered("direct", sent.slack_channel_id, sent.message_ts, card.facts)
    return replace(sent, certain=posted.certain)


def _for_author(card: Card, place: Place, failure: Failed) -> Card:
    """Make it the full card: only its author, who wrote the form, reads a direct message."""
    reason = blocks.section(blocks.mrkdwn(_why_direct(place, failure)))
    facts = card.facts.model_copy(update={"above": (reason,), "thread_ts": ""})
    return replace(card, readers=Audience.INSIDE, facts=facts)


def _why_direct(place: Place, failure: Failed) -> str:
    channel = channel_name(place.slack_channel_id)
    where = channel or "your direct message"
    if not failure.certain:
        return (
            "The conversation exists in Weav. Slack did not confirm that its card was posted in"
            f" {where}, so here it is again."
        )
    why = POST_ERRORS.get(failure.code, f"Slack says `{failure.code}`")
    reason = f"The conversation exists in Weav. Its card could not be posted in {where}: {why}."
    if channel and failure.code in {"not_in_channel", "channel_not_found"}:
        reason += " To have cards there, type `/invite @Weav` in that channel."
    return reason
