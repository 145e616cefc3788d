"""The home tab is published: when it is opened, after a click in it, and when something changed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Final
from weakref import WeakValueDictionary

from pydantic_core import to_json

from bot.access.refusals import refusal_message
from bot.access.rules import AccessCheck, Denial, Denied, visitor
from bot.home.status_report import LAST
from bot.home.tab import (
    MOST_OPEN,
    MOST_WAITING,
    Check,
    HomeContent,
    home_tab,
    home_tab_without_database,
    installation,
)
from bot.ledger import HomeTab, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack import blocks
from bot.slack.api import ApiResult, Done, Failed, SlackApi
from bot.slack.blocks import Json
from bot.slack.cache import LookupCache
from bot.slack.notifier import Notifier
from bot.slack.payloads import text_at
from bot.tasks import Tasks
from bot.weav.models import Status

log = get_logger("weav_slack.home")
# Seconds. What changes together is one drawing; Slack takes about 100 a minute in a workspace.
REDRAW_EVERY: Final = 1.0
BETWEEN_REDRAWS: Final = 0.6
# Seconds: for what a replica that died left undrawn, or Slack did not take.
LOOK_AT_ALL_EVERY: Final = 600.0
# Seconds for which an installation is not looked at again.
KEEP_CHECK: Final = 300.0
THE_INSTALLATION: Final = ""
# Two replicas may publish the same tab at once, hardly ever so often in a row.
_TRIES: Final = 3


class HomeService:
    def __init__(
        self,
        ledger: Ledger,
        slack: SlackApi,
        access_check: AccessCheck,
        admins: Collection[str],
        checks: LookupCache[Check],
        link_to: Callable[[str], str],
        notifier: Notifier,
        tasks: Tasks,
    ) -> None:
        """`checks` knows `THE_INSTALLATION`."""
        self._ledger = ledger
        self._tabs = ledger.home_tabs
        self._slack = slack
        self._access_check = access_check
        self._admins = admins
        self._checks = checks
        self._link_to = link_to
        # Whose tabs may show something older: people in Slack, and assignees in Weav.
        self._concerned: set[str] = set()
        self._notifier = notifier
        self._tasks = tasks
        # Opened while the database was away, by the person.
        self._missed: dict[str, HomeTab] = {}
        # Kept for as long as anybody draws it or waits for that.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def opened(self, tab: HomeTab) -> None:
        """Begin to draw it for somebody who may use the bot."""
        self._notifier.spawn(self._opened(tab), "home_opened", tab.slack_user_id, "")

    def clicked(self, slack_user_id: str) -> None:
        self._notifier.spawn(self.publish(slack_user_id), "home_clicked", slack_user_id, "")

    def changed(self, slack_user_id: str) -> None:
        """Have it drawn again, if they opened it lately and it shows anything else."""
        self._concerned.add(slack_user_id)

    async def publish(self, slack_user_id: str) -> ApiResult:
        """Show somebody who may use the bot how everything is now; Failed: they do not see it."""
        try:
            return await self._draw(slack_user_id, self._content) or Done()
        except LedgerUnavailable as error:
            log.warning("home_tab_not_read", user=slack_user_id, error=str(error))
            return Failed("database_away")

    async def redraw_changed(self) -> None:
        concerned, self._concerned = self._concerned | self._ledger.take_concerned(), set()
        try:
            await self._draw_missed()
            tabs = await self._tabs.opened_lately() if concerned else []
        except LedgerUnavailable:
            self._concerned |= concerned
            return
        await self._redraw(tab for tab in tabs if concerned & {tab.slack_user_id, tab.weav_user_id})

    async def redraw_all(self) -> None:
        """Look at each that was opened lately, and draw those that show something else."""
        try:
            tabs = await self._tabs.opened_lately()
        except LedgerUnavailable as error:
            log.warning("home_tabs_not_read", error=str(error))
            return
        await self._redraw(tabs)

    async def _opened(self, tab: HomeTab) -> None:
        try:
            await self._open(tab)
        except LedgerUnavailable as error:
            log.warning("home_tab_not_read", user=tab.slack_user_id, error=str(error))
            self._missed[tab.slack_user_id] = tab
            away = blocks.home_tab(home_tab_without_database())
            await self._slack.publish_home_tab(tab.slack_user_id, away)

    async def _open(self, tab: HomeTab) -> None:
        await self._tabs.opened(tab.slack_user_id, tab.team_id, tab.enterprise_id)
        await self._draw(tab.slack_user_id, self._content)

    async def _draw_missed(self) -> None:
        while self._missed:
            slack_user_id, tab = self._missed.popitem()
            try:
                await self._open(tab)
            except LedgerUnavailable:
                self._missed[slack_user_id] = tab
                raise

    async def _redraw(self, tabs: Iterable[HomeTab]) -> None:
        for tab in tabs:
            drawing = self._tasks.spawn(self._redraw_one(tab), name="redraw_home_tab")
            await asyncio.wait({drawing})

    async def _redraw_one(self, tab: HomeTab) -> None:
        try:
            drawn = await self._draw(tab.slack_user_id, self._changed_content)
        except LedgerUnavailable:
            self.changed(tab.slack_user_id)
            return
        if drawn is not None:
            await asyncio.sleep(BETWEEN_REDRAWS)

    async def _draw(
        self, slack_user_id: str, read: Callable[[HomeTab], Awaitable[list[Json]]]
    ) -> ApiResult | None:
        """None: `read` gives nothing to publish. Raise LedgerUnavailable.

        Nothing older goes over what another replica has drawn: Slack takes it only over what was
        there when it was read.
        """
        async with self._locks.setdefault(slack_user_id, asyncio.Lock()):
            result, conflicting = Failed("not_opened"), ""
            for _ in range(_TRIES):
                tab = await self._tabs.get(slack_user_id)
                if tab is None:
                    break
                drawn = await read(tab)
                if not drawn:
                    return None
                view = blocks.home_tab([*drawn, *self._installation(slack_user_id)])
                # What was published and could not be noted has a hash that nobody knows.
                seen = "" if tab.hash == conflicting else tab.hash
                published = await self._slack.publish_home_tab(slack_user_id, view, seen)
                if isinstance(published, Done):
                    await self._note(slack_user_id, drawn, text_at(published.view, "hash"))
                    self._look_at_installation(slack_user_id)
                    return published
                result, conflicting = published, tab.hash
                if result.code != "hash_conflict":
                    break
            log.warning("home_tab_not_published", user=slack_user_id, code=result.code)
            return result

    async def _note(self, slack_user_id: str, drawn: Sequence[Json], hash_: str) -> None:
        try:
            await self._tabs.published(slack_user_id, _digest(drawn), hash_)
        except LedgerUnavailable as error:  # it is drawn once more than needed
            log.warning("home_tab_not_noted", user=slack_user_id, error=str(error))

    async def _changed_content(self, tab: HomeTab) -> list[Json]:
        """Give what to draw while nobody asks for it; empty: nothing.

        Whether they may see it was looked at when they opened it, and is looked at again.
        """
        drawn = await self._content(tab)
        if _digest(drawn) == tab.content:
            return []  # and Slack need not be asked
        requester = visitor(tab.slack_user_id, tab.team_id, tab.enterprise_id)
        match await self._access_check.decide(requester):
            case Denied(Denial.NOT_KNOWN):
                return []
            case Denied(reason):
                drawn = refusal_message(reason, self._admins).blocks
        return [] if _digest(drawn) == tab.content else drawn

    async def _content(self, tab: HomeTab) -> list[Json]:
        whose = (tab.team_id, tab.slack_user_id)
        waiting, opened, latest = await asyncio.gather(
            self._ledger.waiting(*whose, MOST_WAITING + 1),
            self._ledger.open_conversations(*whose, tab.weav_user_id, MOST_OPEN + 1),
            self._ledger.latest(*whose, LAST),
        )
        still_open = [
            each for each in opened if text_at(each.conversation, "status") == Status.OPEN
        ]
        return home_tab(HomeContent(waiting, still_open, latest), self._link_to)

    def _installation(self, slack_user_id: str) -> list[Json]:
        if slack_user_id not in self._admins:
            return []
        return installation(self._checks.known(THE_INSTALLATION))

    def _look_at_installation(self, slack_user_id: str) -> None:
        """Draw an admin's tab once more when it is looked at, unless that was done lately."""

        async def draw_when_known(looking: asyncio.Task[None]) -> None:
            await asyncio.wait({looking})
            await self.publish(slack_user_id)

        if slack_user_id in self._admins and (looking := self._checks.start(THE_INSTALLATION)):
            self._tasks.spawn(draw_when_known(looking), name="look_at_installation")


def _digest(drawn: Sequence[Json]) -> str:
    return hashlib.sha256(to_json(drawn)).hexdigest()
