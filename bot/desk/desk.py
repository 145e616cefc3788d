"""The story: open a conversation once, announce it, tell the author."""

import asyncio
from collections.abc import Callable

from bot.desk.announcing import Announcer, Spot
from bot.desk.answers import Answer, NotAccepted, Pending, Queued
from bot.desk.deciding import Choice, Decider
from bot.desk.holding import Holding
from bot.desk.opening import Opening, open_form, tell_privately
from bot.desk.papers import Papers
from bot.desk.reporting import report
from bot.desk.sending import Patience, Sender, Settled
from bot.desk.sweeping import Sweeper
from bot.desk.working import Begun, Worker
from bot.ledger import Ledger, LedgerUnavailable, NewEntry
from bot.logs import get_logger
from bot.slack.cards import Card
from bot.slack.choices import plain_message
from bot.slack.forms import Submission
from bot.slack.gateway import SlackGateway
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.outcomes import Opened

log = get_logger("weav_slack.desk")

# Of Slack's 3 s: the rest is the way there and back, and a busy machine.
ANSWER_WITHIN = 2.0
# The answer leaves in milliseconds; Slack then needs a moment until the view is what we said, and
# a `views.update` that comes before would be overwritten.
ANSWER_LEAVES_WITHIN = 5.0
SLACK_SETTLES = 0.5

NOT_WRITTEN = (
    "The bot could not write this down, since its database does not answer, so nothing was sent to"
    " Weav. Submit again in a moment; if it stays so, tell whoever runs the bot."
)


class Desk:
    """What the handlers ask; `link` makes a conversation's address in Weav from its id."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        weav: WeavClient,
        slack: SlackGateway,
        tasks: Tasks,
        patience: Patience,
        renew_every: float,
        keep_days: int,
        link: Callable[[str], str | None],
    ) -> None:
        self._ledger = ledger
        self._slack = slack
        self._tasks = tasks
        self._link = link
        self._holding = Holding(ledger, renew_every)
        self._announcer = Announcer(ledger, slack, link, patience.slack_again)
        sender = Sender(ledger, weav, patience)
        self._worker = Worker(ledger, sender, self._announcer, self._holding, tasks)
        self._decider = Decider(ledger, self._worker, self._announcer)
        self._sweeper = Sweeper(ledger, self._worker, self._holding, tasks, keep_days)

    def start(self) -> None:
        """Begin to take up what nobody works on, in the running event loop."""
        self._sweeper.start()

    async def stop(self) -> None:
        """Take up nothing more; what runs is the tasks' to finish, before `finish`."""
        await self._sweeper.stop()

    async def finish(self) -> None:
        await self._sweeper.finish()

    def open_form(self, opening: Opening) -> None:
        self._tasks.spawn(open_form(self._slack, opening), name="open_form")

    def say(self, sentence: str, slack_user_id: str, response_url: str = "") -> None:
        """Tell one person something, where they are if `response_url` is given."""
        message = plain_message(sentence)
        self._tasks.spawn(
            tell_privately(self._slack, message, slack_user_id, response_url), name="say"
        )

    def decide(self, choice: Choice, entry_id: int, spot: Spot) -> None:
        self._tasks.spawn(self._decider.decide(choice, entry_id, spot), name="decide")

    async def status(self, team_id: str, slack_user_id: str) -> Card:
        return await report(self._ledger, team_id, slack_user_id, self._link)

    async def submit(self, submission: Submission, answered: asyncio.Event) -> Answer:
        """Answer within 2 s; what is not known by then follows in the modal or as a message.

        `answered` is set once Slack has the answer.
        """
        deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN
        try:
            async with asyncio.timeout_at(deadline):
                begun = await self._worker.begin(_entry(submission))
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("not_written", error=str(error))
            return Answer(0, NotAccepted(NOT_WRITTEN))
        await asyncio.wait({begun.work}, timeout=deadline - asyncio.get_running_loop().time())
        if not begun.work.done():
            self._tasks.spawn(self._follow(begun, submission, answered), name="follow")
            return Answer(begun.entry_id, Pending())
        settled = begun.work.result()
        self._tasks.spawn(self._note_answered(settled, answered), name="note_answered")
        return Answer(begun.entry_id, settled.verdict)

    async def _follow(self, begun: Begun, submission: Submission, answered: asyncio.Event) -> None:
        settled = await begun.work
        if isinstance(settled.verdict, Pending):
            return  # another replica's, which tells the author
        spot = Spot(submission.slack_user_id, view_id=submission.view_id)
        if await _set_in_time(answered):
            await asyncio.sleep(SLACK_SETTLES)
        else:
            spot = Spot(submission.slack_user_id)
        answer = Answer(begun.entry_id, settled.verdict)
        with self._holding(begun.entry_id):
            form = Papers.of(submission).reopening
            reached = await self._announcer.show(answer, form, spot)
            if not isinstance(settled.verdict, Opened | Queued):
                await self._announcer.note_told(settled.entry, reached=reached)

    async def _note_answered(self, settled: Settled, answered: asyncio.Event) -> None:
        """An answer that did not leave is told again, when the row's lease is over."""
        if isinstance(settled.verdict, Opened | Queued):
            return
        if await _set_in_time(answered):
            await self._announcer.note_told(settled.entry, reached=True)


async def _set_in_time(answered: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(ANSWER_LEAVES_WITHIN):
            return await answered.wait()
    except TimeoutError:
        return False


def _entry(submission: Submission) -> NewEntry:
    return NewEntry(
        team_id=submission.team_id,
        slack_user_id=submission.slack_user_id,
        view_id=submission.view_id,
        request=submission.request.body(),
        form=Papers.of(submission).model_dump(),
        post_to=submission.values.post_to,
    )
