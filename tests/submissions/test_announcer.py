"""How often people read the same while Slack takes what it is sent, and does not say so."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from bot.access.audience import ChannelAudiences
from bot.card.post import CardPoster
from bot.card.render import CardDrawer
from bot.directory import Directory, Names
from bot.form.reply import FormAgain
from bot.form.values import FilledForm, FormValues, Origin
from bot.ledger import Entry, Ledger, NewEntry, State
from bot.metrics import Metrics
from bot.retry import Backoff
from bot.sandbox.slack import SlackFault, SlackSandbox, Workspace
from bot.slack.api import Failed, SlackApi
from bot.slack.cache import LookupCache
from bot.slack.client import Installation, slack_client, slack_session
from bot.submissions.announcer import Announcer, CustomerUses
from bot.tasks import Tasks
from bot.weav.directory import WeavDirectory
from bot.weav.models import Conversation
from tests.house import JANE, public
from tests.ledger.places import LEASE, SQLitePlace, due_in
from tests.weav.served import served_weav

AGAIN = 15.0
DAY = 24 * 3600.0
# Attempts in a day.
MOST = 16
NEW = NewEntry(
    team_id="T0SANDBOX",
    slack_user_id="U0ANN",
    view_id="V1",
    request={"channel": "email", "customer_id": JANE, "subject": "Export hangs"},
    form={"values": {"post_to": "C0SUPPORT"}},
)
OPENED = Conversation(id="11111111-2222-3333-4444-555555555555", subject="Export hangs")


@dataclass(frozen=True)
class Office:
    place: SQLitePlace
    ledger: Ledger
    slack: Workspace
    announcer: Announcer

    async def opened(self, *, after: float = 0) -> Entry:
        """A row whose conversation Weav took `after` so many seconds in the queue."""
        received = (await self.ledger.receive(NEW, sending=False)).entry
        await self.place.pass_time(after)
        sent = await self.ledger.start_sending(received)
        assert sent
        opened = await self.ledger.opened(sent, OPENED.id, OPENED.model_dump(mode="json"))
        assert opened
        return opened

    async def row(self) -> Entry:
        [entry] = await self.ledger.latest(NEW.team_id, NEW.slack_user_id)
        return entry

    async def due_in(self) -> float:
        return due_in(await self.row())

    async def due(self) -> Entry:
        """Let the time pass until the row is to be taken up again, and take it."""
        await self.place.pass_time(await self.due_in() + 0.01)
        [entry] = await self.ledger.take(1)
        return entry

    async def tell(self, entry: Entry) -> None:
        """Send its author the refusal, and note whether it arrived."""
        answer = FormAgain("Weav does not know this customer.")
        form = FilledForm(FormValues(), Origin())
        said = await self.announcer.message(answer, form, "U0ANN")
        await self.announcer.note_told(entry, said)

    def received(self) -> Counter[str]:
        """How many messages of the bot are where."""
        return Counter(message.slack_channel_id for message in self.slack.from_bot())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    place = SQLitePlace(tmp_path / "ledger.db")
    metrics, installation, tasks = Metrics(CollectorRegistry()), Installation(), Tasks()
    async with (
        SlackSandbox().serving() as slack,
        served_weav() as weav,
        slack_session() as session,
        place.open() as ledger,
    ):
        token = slack.workspace.bot_token
        client = slack_client(token, slack.api_url, session, metrics, installation)
        slack_api = SlackApi(client)

        async def untold(_slack_channel_id: str) -> None:
            return None

        channel_audiences = ChannelAudiences(LookupCache(tasks, untold, 60), installation)
        names = Names(ledger.customers, Directory(WeavDirectory(weav.client), tasks))
        cards = CardPoster(slack_api, CardDrawer(names, channel_audiences, lambda _: ""))
        uses = CustomerUses(ledger.customers, lambda _: None)

        async def without_home_tab(_slack_user_id: str) -> Failed:
            return Failed("not_opened")

        yield Office(
            place,
            ledger,
            slack.workspace,
            Announcer(
                ledger,
                slack_api,
                cards,
                without_home_tab,
                uses,
                Backoff(shortest=AGAIN),
                metrics,
            ),
        )


async def test_a_day_of_posts_without_an_answer_is_one_card_and_a_message_now_and_then(
    office: Office,
) -> None:
    office.slack.faults.add(SlackFault("chat.postMessage", drop="after", times=None))
    entry = await office.opened()
    attempts = 0

    while entry.waited <= DAY and attempts < MOST:
        await office.announcer.announce(entry, OPENED)
        attempts += 1
        entry = await office.due()
    await office.announcer.announce(entry, OPENED)

    ended = await office.ledger.get(entry.id)
    assert ended
    assert (ended.state, ended.route) == (State.ANNOUNCED, "nowhere")
    assert attempts < MOST
    assert len(public(office.slack, "C0SUPPORT")) == 1
    assert office.received()[office.slack.direct_messages("U0ANN").id] <= attempts + 2


async def test_a_card_that_may_have_arrived_goes_to_its_author_once_slack_says_what_it_does(
    office: Office,
) -> None:
    gone = SlackFault("chat.postMessage", drop="before", times=None)
    office.slack.faults.add(gone)
    entry = await office.opened()
    await office.announcer.announce(entry, OPENED)
    office.slack.faults.remove(gone)

    await office.announcer.announce(await office.due(), OPENED)

    ended = await office.ledger.get(entry.id)
    assert ended
    assert (ended.state, ended.route) == (State.ANNOUNCED, "direct")
    [message] = office.slack.from_bot(office.slack.direct_messages("U0ANN").id)
    assert "did not confirm that its card was posted in <#C0SUPPORT>" in message.text
    assert public(office.slack, "C0SUPPORT") == []


async def test_a_card_that_was_certainly_not_posted_still_goes_to_its_channel(
    office: Office,
) -> None:
    away = SlackFault("chat.postMessage", error="account_inactive", times=None)
    office.slack.faults.add(away)
    entry = await office.opened()
    await office.announcer.announce(entry, OPENED)
    office.slack.faults.remove(away)

    await office.announcer.announce(await office.due(), OPENED)

    assert len(public(office.slack, "C0SUPPORT")) == 1
    assert office.received()[office.slack.direct_messages("U0ANN").id] == 0


async def test_what_waited_for_weav_does_not_make_slack_wait(office: Office) -> None:
    office.slack.faults.add(SlackFault("chat.postMessage", drop="after", times=None))
    entry = await office.opened(after=900)

    await office.announcer.announce(entry, OPENED)

    assert await office.due_in() <= AGAIN


async def test_the_bots_own_absence_is_no_part_of_the_day(office: Office) -> None:
    await office.opened()
    await office.place.pass_time(2 * DAY)
    away = SlackFault("chat.postMessage", error="channel_not_found", times=None)
    office.slack.faults.add(away)
    for _ in range(3):
        await office.announcer.announce(await office.due(), OPENED)
    assert await office.due_in() <= 2 * AGAIN
    await office.place.pass_time(2 * DAY)
    await office.announcer.announce(await office.due(), OPENED)
    office.slack.faults.remove(away)

    await office.announcer.announce(await office.due(), OPENED)

    assert len(public(office.slack, "C0SUPPORT")) == 1


async def test_a_token_that_slack_rejects_ends_nothing(office: Office) -> None:
    rejected = SlackFault("chat.postMessage", error="invalid_auth", times=None)
    office.slack.faults.add(rejected)
    entry = await office.opened()
    while entry.waited <= 2 * DAY:
        await office.announcer.announce(entry, OPENED)
        await office.place.pass_time(6 * 3600)
        [entry] = await office.ledger.take(1)
    await office.announcer.announce(entry, OPENED)
    assert await office.due_in() <= AGAIN
    office.slack.faults.remove(rejected)

    await office.announcer.announce(await office.due(), OPENED)

    assert len(public(office.slack, "C0SUPPORT")) == 1


async def test_an_author_who_was_not_told_before_the_bot_went_is_told_when_it_is_back(
    office: Office,
) -> None:
    sent = (await office.ledger.receive(NEW, sending=True)).entry
    await office.ledger.refused(sent, "Weav does not know this customer.")
    await office.place.pass_time(2 * DAY)
    entry = await office.due()
    away = SlackFault("chat.postMessage", error="fatal_error", times=None)
    office.slack.faults.add(away)

    await office.tell(entry)

    assert await office.due_in() <= AGAIN
    office.slack.faults.remove(away)
    await office.tell(await office.due())
    ended = await office.ledger.get(entry.id)
    assert ended
    assert ended.told


async def test_an_author_is_not_told_the_same_all_day(office: Office) -> None:
    office.slack.faults.add(SlackFault("chat.postMessage", drop="after", times=None))
    sent = (await office.ledger.receive(NEW, sending=True)).entry
    entry = await office.ledger.refused(sent, "Weav does not know this customer.")
    assert entry
    attempts = 0

    while entry.waited <= DAY and attempts < MOST:
        await office.tell(entry)
        attempts += 1
        entry = await office.due()
    await office.tell(entry)

    ended = await office.ledger.get(entry.id)
    assert ended
    assert (ended.state, ended.told) == (State.REFUSED, True)
    assert attempts < MOST


def after_a_standstill(entry: Entry) -> Entry:
    """As it looks to a process that the machine stopped for longer than a lease."""
    return replace(entry, asked_at=entry.asked_at - LEASE)


async def test_who_stood_still_until_another_had_the_row_posts_no_second_card(
    office: Office,
) -> None:
    entry = await office.opened()
    async with office.place.open() as other:
        await office.place.pass_time(LEASE + 1)
        assert await other.take(1)

        assert not await office.announcer.announce(after_a_standstill(entry), OPENED)

    assert office.received() == Counter()


async def test_who_stood_still_and_has_the_row_still_posts_its_card(office: Office) -> None:
    entry = await office.opened()
    await office.place.pass_time(LEASE + 1)

    assert await office.announcer.announce(after_a_standstill(entry), OPENED)

    assert len(public(office.slack, "C0SUPPORT")) == 1
    assert (await office.row()).due_at is None
