"""Slack's Web API as values: what it answered, what it refused, what stayed unknown.

The SDK's own repetition of calls is switched off where the client is made: it would post a card
twice after a reset connection. What is repeated here is certain not to have been done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.slack.asking import Done, Failed, Result, ask, text
from bot.slack.blocks import Json
from bot.slack.cards import Card
from bot.slack.client import SlackClient

# https://docs.slack.dev/reference/methods/views.open has the first two; others were seen.
TRIGGER_GONE = frozenset(
    {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"}
)

# Seconds.
OPEN_WITHIN = 5.0

__all__ = ["TRIGGER_GONE", "Done", "Failed", "Result", "SlackGateway"]


class SlackGateway:
    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def open_view(self, trigger_id: str, view: Json) -> Result:
        """Give up after OPEN_WITHIN: the trigger lives for 3 s, and the person waits.

        Asked again once after a reset connection, since a trigger cannot open two forms.
        """
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                return await self._open_view(trigger_id, view)
        except TimeoutError:
            return Failed("no_answer", certain=False)

    async def _open_view(self, trigger_id: str, view: Json) -> Result:
        result = await ask(lambda: self._client.views_open(trigger_id=trigger_id, view=view))
        if isinstance(result, Failed) and result.code == "connection_lost":
            result = await ask(lambda: self._client.views_open(trigger_id=trigger_id, view=view))
            if isinstance(result, Failed) and "exchanged" in result.code:
                return Done()  # the first one had got through
        return result

    async def update_view(self, view_id: str, view: Json) -> Result:
        """`not_found`: the person has closed it."""
        return await _patiently(
            lambda: self._client.views_update(view_id=view_id, view=view),
            seconds=10,
            repeatable=True,
        )

    async def redraw(self, seen: Mapping[str, Any], view: Mapping[str, Any]) -> Result:
        """Update a view that is still as `seen`, or `hash_conflict`: it was drawn anew meanwhile.

        https://docs.slack.dev/surfaces/modals#handling_race_conditions
        """
        return await ask(
            lambda: self._client.views_update(
                view_id=text(seen.get("id")), hash=text(seen.get("hash")) or None, view=dict(view)
            )
        )

    async def post(self, slack_channel_id: str, card: Card, thread_ts: str = "") -> Result:
        """Post to a channel, or to a person when given a user id.

        Slack allows about one post a second and channel, so a burst waits its turn.
        """
        return await _patiently(
            lambda: self._client.chat_postMessage(
                channel=slack_channel_id,
                text=card.text,
                blocks=card.blocks,
                thread_ts=thread_ts or None,
                unfurl_links=False,
                unfurl_media=False,
            ),
            seconds=120,
        )

    async def message(self, slack_user_id: str, card: Card) -> Result:
        """Send a direct message, once more if it may not have arrived: better twice than never."""
        sent = await self.post(slack_user_id, card)
        if isinstance(sent, Failed) and not sent.certain:
            sent = await self.post(slack_user_id, card)
        return sent

    async def whisper(
        self, slack_channel_id: str, slack_user_id: str, card: Card, thread_ts: str
    ) -> Result:
        """Show it to one person in a thread that has replies, where the bot is a member.

        https://docs.slack.dev/reference/methods/chat.postEphemeral
        """
        return await ask(
            lambda: self._client.chat_postEphemeral(
                channel=slack_channel_id,
                user=slack_user_id,
                text=card.text,
                blocks=card.blocks,
                thread_ts=thread_ts,
            )
        )

    async def update(self, slack_channel_id: str, message_ts: str, card: Card) -> Result:
        """Draw a message of the bot's anew, where it can reach the channel."""
        return await _patiently(
            lambda: self._client.chat_update(
                channel=slack_channel_id, ts=message_ts, text=card.text, blocks=card.blocks
            ),
            seconds=20,
            repeatable=True,
        )

    async def respond(
        self,
        response_url: str,
        card: Card,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
        thread_ts: str = "",
    ) -> Result:
        """Answer where the bot is no member: 5 uses in 30 minutes.

        Slack heeds `thread_ts` only for what all of the channel see:
        https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
        """
        body: dict[str, Any] = {
            "response_type": "in_channel" if in_channel else "ephemeral",
            "replace_original": replace_original,
            "text": card.text,
            "blocks": card.blocks,
        }
        if thread_ts:
            body["thread_ts"] = thread_ts
        return await ask(lambda: self._client.answer_at(response_url, body))


async def _patiently(
    call: Callable[[], Awaitable[Any]], *, seconds: float, repeatable: bool = False
) -> Result:
    """Repeat what was certainly not done: rate limits (as long as Slack says) and no connection.

    `repeatable`: doing it twice is as good as once, so that a lost connection is no end either.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    pause = 0.5
    while True:
        result = await ask(call)
        wait = _wait(result, pause, repeatable=repeatable)
        if wait is None or asyncio.get_running_loop().time() + wait > deadline:
            return result
        await asyncio.sleep(wait)
        pause = min(pause * 2, 8)


def _wait(result: Result, pause: float, *, repeatable: bool) -> float | None:
    match result:
        case Failed(retry_after=float(after)):
            return after
        case Failed(code="not_reached"):
            return pause
        case Failed(code="connection_lost") if repeatable:
            return pause
        case _:
            return None
