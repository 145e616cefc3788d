"""The route of a card: the channel or thread → the form's response_url → the author's messages."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from slack_sdk.models.blocks import SectionBlock
from slack_sdk.models.blocks.basic_components import MarkdownTextObject

from bot.slack.cards import Card
from bot.slack.elements import channel_name
from bot.slack.gateway import Done, Failed, Result, SlackGateway

Route = Literal["channel", "response_url", "direct"]

# https://docs.slack.dev/reference/methods/chat.postMessage#errors, those that a person can mend.
WHY = {
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where the author wants the card: `thread_ts` and `response_url` may be empty."""

    slack_channel_id: str
    thread_ts: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    route: Route
    slack_channel_id: str = ""
    message_ts: str = ""


async def deliver(
    slack: SlackGateway,
    card: Card,
    place: Place,
    author: str,
    *,
    for_author: Card | None = None,
    perhaps_there: bool = False,
) -> Delivered | Failed:
    """Post the card once on the first way that takes it; `Failed`: on no way, ask again later.

    A post that may have arrived is not made a second time in the channel: the author is told, with
    `for_author` where the channel would have got less. `Failed` that is not `certain` means such a
    post; whoever asks again says so with `perhaps_there`.
    """
    if perhaps_there:
        again = _with_reason(for_author or card, place, _NOT_CONFIRMED)
        return _directly(await slack.post(author, again), _NOT_CONFIRMED)
    posted = await slack.post(place.slack_channel_id, card, place.thread_ts)
    if isinstance(posted, Done):
        return Delivered("channel", posted.slack_channel_id, posted.message_ts)
    if posted.certain and place.response_url:
        answered = await slack.respond(
            place.response_url, card, in_channel=True, thread_ts=place.thread_ts
        )
        if isinstance(answered, Done):
            return Delivered("response_url", place.slack_channel_id)
        if not answered.certain:
            posted = answered
    direct = await slack.message(author, _with_reason(for_author or card, place, posted))
    return _directly(direct, posted)


def _directly(direct: Result, posted: Failed) -> Delivered | Failed:
    if isinstance(direct, Done):
        return Delivered("direct", direct.slack_channel_id, direct.message_ts)
    return replace(direct, certain=posted.certain)


def _with_reason(card: Card, place: Place, failure: Failed) -> Card:
    channel = channel_name(place.slack_channel_id)
    where = channel or "your direct message"
    if failure.certain:
        why = WHY.get(failure.code, f"Slack says `{failure.code}`")
        reason = f"The conversation exists in Weav. Its card could not be posted in {where}: {why}."
        if channel and failure.code in {"not_in_channel", "channel_not_found"}:
            reason += " To have cards there, type `/invite @Weav` in that channel."
    else:
        reason = (
            "The conversation exists in Weav. Slack did not confirm that its card was posted in"
            f" {where}, so here it is again."
        )
    block = SectionBlock(text=MarkdownTextObject(text=reason)).to_dict()
    return Card(text=f"{reason} {card.text}", blocks=[block, *card.blocks])
