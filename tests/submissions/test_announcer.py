"""How often a card or reply is sent again when Slack does not confirm it."""

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
from bot.slack.client import Installation, SlackClient, slack_session
from bot.submissions.announcer import Announcer, CustomerUses
from bot.tasks import Tasks
from bot.weav.models import Conversation
from tests.harness import JANE, public
from tests.ledger.places import LEASE, SQLitePlace, due_in
from tests.weav.served import served_weav

SHORTEST_PAUSE = 15.0
DAY = 24 * 3600.0
# Attempts in a day.
MAX_ATTEMPTS = 16
NEW = NewEntry(
    team_id="T0SANDBOX",
    slack_user_id="U0ANN",
    view_id="V1",
    request={"channel": "email", "customer_id": JANE, "subject": "Export hangs"},
    form={"values": {"post_to": "C0SUPPORT"}},
)
OPENED = Conversation(id="11111111-2222-3333-4444-555555555555", subject="Export hangs")


@dataclass(frozen=True)
class Bench:
    place: SQLitePlace
    ledger: Ledger
    slack: Workspace
    announcer: Announcer

    async def opened(self, *, after: float = 0) -> Entry:
        """An opened row that was queued for `after` seconds."""
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
        """Let time pass until the row is due, and take it."""
        await self.place.pass_time(await self.due_in() + 0.01)
        [entry] = await self.ledger.take(1)
        return entry

    async def tell(self, entry: Entry) -> None:
        """Send the author the refusal, and record whether Slack took it."""
        answer = FormAgain("Weav does not know this customer.")
        form = FilledForm(FormValues(), Origin())
        said = await self.announcer.send_directly(answer, form, "U0ANN")
        await self.announcer.note_told(entry, said)

    def received(self) -> Counter[str]:
        """The number of bot messages in each Slack channel."""
        return Counter(message.slack_channel_id for message in self.slack.from_bot())


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    place = SQLitePlace(tmp_path / "ledger.db")
    metrics, installation, tasks = Metrics(CollectorRegistry()), Installation(), Tasks()
    async with (
        SlackSandbox().serving() as slack,
        served_weav() as weav,
        slack_session() as session,
        place.open() as ledger,
    ):
        token = slack.workspace.bot_token
        client = SlackClient(token, slack.api_url, session, metrics, installation)
        slack_api = SlackApi(client)

        async def no_audience(_slack_channel_id: str) -> None:
            return None

        channel_audiences = ChannelAudiences(LookupCache(tasks, no_audience, 60), installation)
        names = Names(ledger.customers, Directory(weav.client, tasks))
        cards = CardPoster(slack_api, CardDrawer(names, channel_audiences, lambda _: ""))
        uses = CustomerUses(ledger.customers, lambda _: None)

        async def without_home_tab(_slack_user_id: str) -> Failed:
            return Failed("not_opened")

        yield Bench(
            place,
            ledger,
            slack.workspace,
            Announcer(
                ledger,
                slack_api,
                cards,
                without_home_tab,
                uses,
                Backoff(shortest=SHORTEST_PAUSE),
                metrics,
            ),
        )


async def test_a_day_of_unanswered_posts_makes_one_card_and_a_few_messages(
    bench: Bench,
) -> None:
    bench.slack.faults.add(SlackFault("chat.postMessage", drop="after", times=None))
    entry = await bench.opened()
    attempts = 0

    while entry.waited <= DAY and attempts < MAX_ATTEMPTS:
        await bench.announcer.announce(entry, OPENED)
        attempts += 1
        entry = await bench.due()
    await bench.announcer.announce(entry, OPENED)

    ended = await bench.ledger.get(entry.id)
    assert ended
    assert (ended.state, ended.route) == (State.ANNOUNCED, "nowhere")
    assert attempts < MAX_ATTEMPTS
    assert len(public(bench.slack, "C0SUPPORT")) == 1
    assert bench.received()[bench.slack.direct_messages("U0ANN").id] <= attempts + 2


async def test_a_card_that_may_have_been_posted_is_sent_to_its_author_when_slack_is_back(
    bench: Bench,
) -> None:
    gone = SlackFault("chat.postMessage", drop="before", times=None)
    bench.slack.faults.add(gone)
    entry = await bench.opened()
    await bench.announcer.announce(entry, OPENED)
    bench.slack.faults.remove(gone)

    await bench.announcer.announce(await bench.due(), OPENED)

    ended = await bench.ledger.get(entry.id)
    assert ended
    assert (ended.state, ended.route) == (State.ANNOUNCED, "direct")
    [message] = bench.slack.from_bot(bench.slack.direct_messages("U0ANN").id)
    assert "did not confirm that its card was posted in <#C0SUPPORT>" in message.text
    assert public(bench.slack, "C0SUPPORT") == []


async def test_a_card_that_was_certainly_not_posted_still_goes_to_its_channel(
    bench: Bench,
) -> None:
    away = SlackFault("chat.postMessage", error="account_inactive", times=None)
    bench.slack.faults.add(away)
    entry = await bench.opened()
    await bench.announcer.announce(entry, OPENED)
    bench.slack.faults.remove(away)

    await bench.announcer.announce(await bench.due(), OPENED)

    assert len(public(bench.slack, "C0SUPPORT")) == 1
    assert bench.received()[bench.slack.direct_messages("U0ANN").id] == 0


async def test_time_in_the_queue_does_not_lengthen_the_first_delivery_pause(bench: Bench) -> None:
    bench.slack.faults.add(SlackFault("chat.postMessage", drop="after", times=None))
    entry = await bench.opened(after=900)

    await bench.announcer.announce(entry, OPENED)

    assert await bench.due_in() <= SHORTEST_PAUSE


async def test_downtime_of_the_bot_does_not_count_as_trying(bench: Bench) -> None:
    await bench.opened()
    await bench.place.pass_time(2 * DAY)
    away = SlackFault("chat.postMessage", error="channel_not_found", times=None)
    bench.slack.faults.add(away)
    for _ in range(3):
        await bench.announcer.announce(await bench.due(), OPENED)
    assert await bench.due_in() <= 2 * SHORTEST_PAUSE
    await bench.place.pass_time(2 * DAY)
    await bench.announcer.announce(await bench.due(), OPENED)
    bench.slack.faults.remove(away)

    await bench.announcer.announce(await bench.due(), OPENED)

    assert len(public(bench.slack, "C0SUPPORT")) == 1


async def test_a_rejected_token_never_gives_up_a_card(bench: Bench) -> None:
    rejected = SlackFault("chat.postMessage", error="invalid_auth", times=None)
    bench.slack.faults.add(rejected)
    entry = await bench.opened()
    while entry.waited <= 2 * DAY:
        await bench.announcer.announce(entry, OPENED)
        await bench.place.pass_time(6 * 3600)
        [entry] = await bench.ledger.take(1)
    await bench.announcer.announce(entry, OPENED)
    assert await bench.due_in() <= SHORTEST_PAUSE
    bench.slack.faults.remove(rejected)

    await bench.announcer.announce(await bench.due(), OPENED)

    assert len(public(bench.slack, "C0SUPPORT")) == 1


async def test_an_author_is_told_after_downtime_of_the_bot(
    bench: Bench,
) -> None:
    sent = (await bench.ledger.receive(NEW, sending=True)).entry
    await bench.ledger.refused(sent, "Weav does not know this customer.")
    await bench.place.pass_time(2 * DAY)
    entry = await bench.due()
    away = SlackFault("chat.postMessage", error="fatal_error", times=None)
    bench.slack.faults.add(away)

    await bench.tell(entry)

    assert await bench.due_in() <= SHORTEST_PAUSE
    bench.slack.faults.remove(away)
    await bench.tell(await bench.due())
    ended = await bench.ledger.get(entry.id)
    assert ended
    assert ended.told


async def test_a_refusal_that_slack_never_confirms_is_given_up_after_a_day(bench: Bench) -> None:
    bench.slack.faults.add(SlackFault("chat.postMessage", drop="after", times=None))
    sent = (await bench.ledger.receive(NEW, sending=True)).entry
    entry = await bench.ledger.refused(sent, "Weav does not know this customer.")
    assert entry
    attempts = 0

    while entry.waited <= DAY and attempts < MAX_ATTEMPTS:
        await bench.tell(entry)
        attempts += 1
        entry = await bench.due()
    await bench.tell(entry)

    ended = await bench.ledger.get(entry.id)
    assert ended
    assert (ended.state, ended.told) == (State.REFUSED, True)
    assert attempts < MAX_ATTEMPTS


def after_a_stall(entry: Entry) -> Entry:
    """The entry as a process sees it that stalled for longer than a lease."""
    return replace(entry, asked_at=entry.asked_at - LEASE)


async def test_a_stalled_process_that_lost_its_row_posts_no_second_card(
    bench: Bench,
) -> None:
    entry = await bench.opened()
    async with bench.place.open() as other:
        await bench.place.pass_time(LEASE + 1)
        assert await other.take(1)

        assert not await bench.announcer.announce(after_a_stall(entry), OPENED)

    assert bench.received() == Counter()


async def test_a_stalled_process_that_kept_its_row_posts_the_card(bench: Bench) -> None:
    entry = await bench.opened()
    await bench.place.pass_time(LEASE + 1)

    assert await bench.announcer.announce(after_a_stall(entry), OPENED)

    assert len(public(bench.slack, "C0SUPPORT")) == 1
    assert (await bench.row()).due_at is None
