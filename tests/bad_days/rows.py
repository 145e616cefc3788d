"""Gives each row of the table its own user, Slack channel and customer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bot.sandbox.slack import Answer, Person, SlackChannel, SlackMessage, SlackUser, SlackView
from bot.sandbox.slack.directory import BOT_USER_ID, Kind
from tests.bad_days.faulty_proxy import FaultyProxy, ProxyFault
from tests.harness import JANE, Harness, text_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.ledger import Entry, Ledger, State
    from tests.bad_days.table import SlackDay, WeavDay

T = TypeVar("T")


@dataclass(slots=True)
class ProxiedHarness:
    harness: Harness
    ledger: Ledger
    to_slack: FaultyProxy
    to_weav: FaultyProxy


@dataclass(slots=True)
class Row:
    """A user, a Slack channel with the bot, and a customer."""

    proxied: ProxiedHarness
    number: int
    person: Person
    slack_channel_id: str
    customer_id: str

    @property
    def harness(self) -> Harness:
        return self.proxied.harness

    @property
    def subject(self) -> str:
        return f"canary-subject-{self.number} of row{self.number:04}@example.com"

    async def command(self) -> Answer:
        words = f"email {self.customer_id} {self.subject}"
        return _in_time(await self.person.command(words, self.slack_channel_id))

    async def opened(self, within: float = 15) -> SlackView:
        return await self.until(
            lambda: self.harness.slack.top_view(self.person.slack_user_id), within
        )

    async def submit(self) -> Answer:
        """Submit the open form as the command has filled it in."""
        return _in_time(await self.person.submit())

    def cards(self) -> list[SlackMessage]:
        """The bot's messages that everybody in the channel sees."""
        return [message for message in self._said(self.slack_channel_id) if not message.only_for]

    async def private(self, within: float = 15) -> SlackMessage:
        """Wait for a message that only this user sees, in the channel or as a direct message."""
        return await self.until(lambda: next(iter(self.told()), None), within)

    async def direct(self, within: float = 15) -> SlackMessage:
        channel = self.harness.slack.direct_messages(self.person.slack_user_id).id
        return await self.until(lambda: next(iter(self._said(channel)), None), within)

    def told(self) -> list[SlackMessage]:
        direct = self.harness.slack.direct_messages(self.person.slack_user_id).id
        here = [m for m in self._said(self.slack_channel_id) if m.only_for]
        return [*here, *self._said(direct)]

    def shows(self, text: str) -> bool:
        view = self.harness.slack.top_view(self.person.slack_user_id)
        return view is not None and text in text_on(view)

    def is_warned(self) -> bool:
        """Whether the form is shown again, with a reason on top."""
        view = self.harness.slack.top_view(self.person.slack_user_id)
        return view is not None and view.blocks[0]["type"] == "alert"

    async def until_home_shows(self, text: str, within: float = 15) -> None:
        homes, user = self.harness.slack.homes, self.person.slack_user_id
        await self.until(lambda: user in homes and text in text_on(homes[user]), within)

    async def shown(self, text: str, within: float = 15) -> None:
        await self.until(lambda: self.shows(text), within)

    async def told_in(self, state: State, within: float = 15) -> Entry:
        """Wait until the user's latest row is in this state and the user was told."""
        async with asyncio.timeout(within):
            while True:
                entries = await self.proxied.ledger.latest("T0SANDBOX", self.person.slack_user_id)
                if entries and entries[0].state is state and entries[0].told:
                    return entries[0]
                await asyncio.sleep(0.02)

    @property
    def conversations(self) -> list[dict[str, Any]]:
        every = self.harness.weav.conversations
        return [each for each in every if each["customer_id"] == self.customer_id]

    async def until(self, look: Callable[[], T | None], within: float) -> T:
        """Poll: an event for each of a hundred rows would wake all the others."""
        async with asyncio.timeout(within):
            while not (found := look()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found

    def _said(self, slack_channel_id: str) -> list[SlackMessage]:
        return self.harness.slack.from_bot(slack_channel_id)


def _in_time(answer: Answer) -> Answer:
    assert answer.status == 200
    assert answer.seconds < 3
    assert answer.trouble == ""
    return answer


def make_row(proxied: ProxiedHarness, number: int) -> Row:
    slack = proxied.harness.slack
    user = SlackUser(f"U0ROW{number:04}", f"row{number}", f"Row {number}")
    slack.users[user.id] = user
    members = {user.id, BOT_USER_ID}
    channel = SlackChannel(f"C0ROW{number:04}", f"row-{number}", Kind.PUBLIC, members)
    slack.channels[channel.id] = channel
    customer_id = f"3c90c3cc-0d44-4b50-8888-{number + 1000:012}"
    customers = proxied.harness.weav.store.customers
    customers[customer_id] = customers[JANE] | {"id": customer_id}
    person = Person(slack, user.id, proxied.harness.ann.endpoint)
    return Row(proxied, number, person, channel.id, customer_id)


def add_fault(row: Row, path: str, about: str, day: WeavDay | SlackDay) -> ProxyFault:
    proxy = row.proxied.to_weav if path.startswith("/v1") else row.proxied.to_slack
    return proxy.add_fault(ProxyFault(path, about, day.reply, carried_out=day.carried_out))
