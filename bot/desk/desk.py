"""The story: open a conversation once, announce it, tell the author."""

import asyncio
import contextlib
from collections.abc import Callable

from bot.desk.announcing import Announcer, Spot
from bot.desk.answers import Answer, NotAccepted, Pending, Queued
from bot.desk.changing import Changer
from bot.desk.channel_defaults import READ_EVERY, ChannelDefaults
from bot.desk.deciding import Choice, Decider
from bot.desk.disowning import disown
from bot.desk.finding import Finder
from bot.desk.helping import FormHelp
from bot.desk.holding import Holding
from bot.desk.limits import Limits
from bot.desk.meeting import starter
from bot.desk.names import Names
from bot.desk.opening import Opening, open_defaults, open_form, open_kept
from bot.desk.outsiders import Outsiders
from bot.desk.papers import new_entry_of
from bot.desk.posting import Poster
from bot.desk.remembering import Rememberer
from bot.desk.reporting import report
from bot.desk.sending import Patience, Sender, Settled
from bot.desk.speaking import Speaker
from bot.desk.stumbling import Stumbling
from bot.desk.sweeping import Sweeper
from bot.desk.working import Begun, Worker
from bot.figures import Figures
from bot.ledger import Ledger, LedgerUnavailable, NewEntry
from bot.logs import get_logger
from bot.slack.cards import Card
from bot.slack.clicks import Click
from bot.slack.forms import Submission
from bot.slack.gateway import Done, SlackGateway
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.directory import Directory
from bot.weav.outcomes import Opened

log = get_logger("weav_slack.desk")

# Of Slack's 3 s, from when it rang: the guard, the reviewer and our database share them with Weav.
# The rest is the way there and back, and a busy machine.
ANSWER_WITHIN = 2.0
# The answer leaves in milliseconds; Slack then needs a moment until the view is what we said, and
# a `views.update` that comes before would be overwritten.
ANSWER_LEAVES_WITHIN = 5.0
SEEN_WITHIN = 2.5  # an answer that leaves later may find that Slack has given up
SLACK_SETTLES = 0.5
# For a change on a card whose answer was lost: the next one who clicks waits behind it.
MOST_LOOKS = 2

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
        outsiders: Outsiders,
        tasks: Tasks,
        patience: Patience,
        limits: Limits,
        renew_every: float,
        keep_days: int,
        link: Callable[[str], str | None],
        figures: Figures,
    ) -> None:
        self._ledger = ledger
        self._slack = slack
        self._tasks = tasks
        self._link = link
        finder = Finder(Directory(weav), tasks)
        names = Names(ledger.memory, finder)
        self._defaults = ChannelDefaults(ledger.memory)
        self.form_help = FormHelp(
            ledger, weav, finder, slack, outsiders, tasks, self._defaults, link
        )
        self.speaker = Speaker(slack, tasks)
        self._holding = Holding(ledger, renew_every)
        rememberer = Rememberer(ledger.memory, starter(ledger.memory, finder, tasks))
        poster = Poster(slack, outsiders, names, link)
        self._announcer = Announcer(ledger, slack, poster, patience.slack_again, figures)
        sender = Sender(ledger, weav, patience, tasks)
        stumbling = Stumbling(ledger, slack, tasks)
        self._worker = Worker(
            ledger, sender, self._announcer, rememberer, stumbling, self._holding, tasks, limits
        )
        self._decider = Decider(ledger, self._worker, self._announcer)
        self._sweeper = Sweeper(ledger, self._worker, self._holding, tasks, keep_days, limits)
        looks = patience.looks[:MOST_LOOKS]
        self._changer = Changer(ledger, weav, slack, outsiders, names, link, looks, renew_every)

    async def start(self) -> None:
        """Begin to take up what nobody works on, in the running event loop."""
        await self._defaults.read()
        self._sweeper.start((self._defaults.read, READ_EVERY))

    async def stop(self) -> None:
        """Take up nothing more; what runs is the tasks' to finish, before `finish`."""
        await self._sweeper.stop()

    async def finish(self) -> None:
        await self._sweeper.finish()

    def open_form(self, opening: Opening) -> None:
        work = open_form(self._slack, self.form_help, opening)
        self.speaker.spawn(work, "open_form", opening.slack_user_id, opening.response_url)

    def open_kept(self, entry_id: int, opening: Opening) -> None:
        """Open the form of a submission again; the one in `opening` is not looked at."""
        work = open_kept(self._ledger, self._slack, self.form_help, entry_id, opening)
        self.speaker.spawn(work, "open_kept", opening.slack_user_id, opening.response_url)

    def open_defaults(self, opening: Opening) -> None:
        """Open the defaults of the channel that the form would come from."""
        work = open_defaults(self._slack, self.form_help, opening)
        self.speaker.spawn(work, "open_defaults", opening.slack_user_id, opening.response_url)

    def decide(self, choice: Choice, entry_id: int, spot: Spot) -> None:
        deciding = self._decider.decide(choice, entry_id, spot)
        self.speaker.spawn(deciding, "decide", spot.slack_user_id, spot.response_url)

    def change(self, click: Click) -> None:
        changing = self._changer.change(click)
        self.speaker.spawn(changing, "change", click.slack_user_id, click.response_url)

    async def status(self, team_id: str, slack_user_id: str) -> Card:
        return await report(self._ledger, team_id, slack_user_id, self._link)

    async def submit(
        self, submission: Submission, answered: asyncio.Event, rung_at: float
    ) -> Answer:
        """Answer 2 s after `rung_at`; what is not known by then follows in the modal or a message.

        `answered` is set once Slack has the answer; `rung_at` is on the event loop's clock.
        """
        deadline, seen_by = rung_at + ANSWER_WITHIN, rung_at + SEEN_WITHIN
        new = new_entry_of(submission)
        try:
            async with asyncio.timeout_at(deadline):
                begun = await self._worker.begin(new)
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("not_written", error=str(error))
            self._tasks.spawn(self._disown(new, answered, seen_by), name="disown")
            return Answer(0, NotAccepted(NOT_WRITTEN))
        await asyncio.wait({begun.work}, timeout=deadline - asyncio.get_running_loop().time())
        if not begun.work.done():
            self._tasks.spawn(self._follow(begun, submission, answered), name="follow")
            return Answer(begun.entry_id, Pending())
        settled = begun.work.result()
        self._tasks.spawn(self._note_answered(settled, answered, seen_by), name="note_answered")
        return Answer(begun.entry_id, settled.verdict)

    async def _follow(self, begun: Begun, submission: Submission, answered: asyncio.Event) -> None:
        settled = await begun.work
        if isinstance(settled.verdict, Pending):
            return  # another replica's, which tells the author
        spot = Spot(submission.slack_user_id, view_id=submission.view_id)
        if await _set_by(asyncio.get_running_loop().time() + ANSWER_LEAVES_WITHIN, answered):
            await asyncio.sleep(SLACK_SETTLES)
        else:
            spot = Spot(submission.slack_user_id)
        answer = Answer(begun.entry_id, settled.verdict)
        with self._holding(begun.entry_id):
            form = submission.reopening
            said = await self._announcer.show(answer, form, spot)
            if not isinstance(settled.verdict, Opened | Queued):
                await self._announcer.note_told(settled.entry, said)

    async def _note_answered(
        self, settled: Settled, answered: asyncio.Event, seen_by: float
    ) -> None:
        """An answer that did not leave in time is told again, when the row's lease is over."""
        if isinstance(settled.verdict, Opened | Queued):
            return
        if await _set_by(seen_by, answered):
            await self._announcer.note_told(settled.entry, Done())

    async def _disown(self, new: NewEntry, answered: asyncio.Event, seen_by: float) -> None:
        seen = await _set_by(seen_by, answered)
        await disown(self._ledger, new, seen=seen)


async def _set_by(deadline: float, event: asyncio.Event) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await event.wait()
    return event.is_set() and asyncio.get_running_loop().time() < deadline
