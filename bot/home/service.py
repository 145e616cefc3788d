"""Publishes home tabs: when one is opened, after a click in it, and when its content changes."""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from pydantic_core import to_json

from bot.access.refusals import refusal_message
from bot.access.rules import AccessCheck, Denial, Denied, home_tab_requester
from bot.home.diagnosis import Diagnosis
from bot.home.status_report import MOST_LISTED, report
from bot.home.tab import (
    MOST_OPEN,
    MOST_WAITING,
    HomeContent,
    home_tab,
    home_tab_without_database,
    installation,
)
from bot.ledger import HomeTab, Ledger, LedgerUnavailable, logged_if_unavailable
from bot.logs import get_logger
from bot.slack import blocks
from bot.slack.api import ApiResult, Done, Failed, SlackApi
from bot.slack.blocks import Json, Message
from bot.slack.notifier import Notifier
from bot.slack.payloads import AppHomeOpened, text_at
from bot.tasks import Tasks
from bot.weav.models import Status

log = get_logger("weav_slack.home")
# Seconds. A burst of changes shares one redraw. Slack allows about 100 calls a minute in a
# workspace; half of them stay free for people who open their tab, and for other replicas.
REDRAW_EVERY: Final = 1.0
BETWEEN_REDRAWS: Final = 1.2
# Seconds: catches redraws that a dead replica left behind or that Slack refused.
REDRAW_ALL_EVERY: Final = 600.0
# Seconds for which a check of the installation is reused.
CHECK_MAX_AGE: Final = 300.0
# Two replicas may publish the same tab at once, but hardly this often in a row.
_TRIES: Final = 3
_CONFLICT: Final = "hash_conflict"


@dataclass(eq=False, repr=False)
class HomeService:
    """The only publisher of home tabs; it publishes each person's tab once at a time.

    `diagnosis` is None if there are no admins.
    """

    _ledger: Ledger
    _slack: SlackApi
    _access_check: AccessCheck
    _admins: Collection[str]
    _diagnosis: Diagnosis | None
    _link_to: Callable[[str], str]
    _notifier: Notifier
    _tasks: Tasks
    # Ids of people in Slack and of assignees in Weav whose tabs may be out of date.
    _concerned: set[str] = field(default_factory=set, init=False)
    # Tabs opened while the database was away, by Slack user id.
    _missed: dict[str, HomeTab] = field(default_factory=dict, init=False)
    # Each lives as long as somebody holds it or waits for it.
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary, init=False
    )
    _pace: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def opened(self, event: AppHomeOpened, *, known: bool = True) -> None:
        """Start to draw it; `known` is False if Slack has not said yet whether they may see it."""
        tab = HomeTab(event.slack_user_id, event.team_id, event.enterprise_id)
        work = self._opened(tab, known=known)
        self._notifier.spawn(work, "home_opened", event.slack_user_id, "")

    def clicked(self, slack_user_id: str) -> None:
        self._notifier.spawn(self.publish(slack_user_id), "home_clicked", slack_user_id, "")

    def say(self, message: Message, slack_user_id: str) -> None:
        """Show the message in place of the tab until the next redraw."""
        self._notifier.spawn(self._say(message, slack_user_id), "home_said", slack_user_id, "")

    def changed(self, slack_user_id: str) -> None:
        """Redraw the tab soon, if it was opened lately and its content differs."""
        self._concerned.add(slack_user_id)

    async def publish(self, slack_user_id: str) -> ApiResult:
        """Publish the current content, or why there is none; Failed: the tab does not show it."""
        with logged_if_unavailable(log, "home_tab_not_read", user=slack_user_id):
            async with self._lock(slack_user_id):
                return await self._draw(slack_user_id, wanted=True) or Done()
        return Failed("database_away")

    async def status(self, team_id: str, slack_user_id: str) -> Message:
        return await report(self._ledger, team_id, slack_user_id, self._link_to)

    async def redraw_changed(self) -> None:
        concerned: set[str] = set()
        try:
            for slack_user_id in list(self._missed):
                async with self._lock(slack_user_id):
                    if tab := self._missed.get(slack_user_id):
                        await self._ledger.home_tabs.opened(tab)
                        del self._missed[slack_user_id]
                        self.changed(slack_user_id)
            concerned, self._concerned = self._concerned | self._ledger.take_concerned(), set()
            outdated = await self._ledger.home_tabs.opened_lately(concerned) if concerned else []
        except LedgerUnavailable:
            self._concerned |= concerned
            return
        await self._redraw(outdated)

    async def redraw_all(self) -> None:
        """Compare every tab that was opened lately, and redraw those that differ."""
        with logged_if_unavailable(log, "home_tabs_not_read"):
            await self._redraw(await self._ledger.home_tabs.opened_lately())

    async def _opened(self, tab: HomeTab, *, known: bool) -> None:
        """Draw the tab; without the database it says so, and `redraw_changed` draws it later."""
        slack_user_id = tab.slack_user_id
        async with self._lock(slack_user_id):
            try:
                await self._ledger.home_tabs.opened(tab)
                await self._draw(slack_user_id, wanted=True)
                self._missed.pop(slack_user_id, None)
            except LedgerUnavailable as error:
                log.warning("home_tab_not_read", user=slack_user_id, error=str(error))
                await self._publish(slack_user_id, home_tab_without_database())
                self._missed[slack_user_id] = tab
        if not known:
            await self._access_check.wait_for_lookup(slack_user_id)
            await self.publish(slack_user_id)

    async def _say(self, message: Message, slack_user_id: str) -> None:
        async with self._lock(slack_user_id):
            await self._publish(slack_user_id, message.blocks)

    async def _redraw(self, slack_user_ids: Iterable[str]) -> None:
        """Redraw one after the other; both rounds share one pace."""
        for slack_user_id in slack_user_ids:
            async with self._pace:
                drawing = self._tasks.spawn(self._redraw_one(slack_user_id), name="redraw_home_tab")
                await asyncio.wait({drawing})
                if not drawing.exception() and drawing.result():
                    await asyncio.sleep(BETWEEN_REDRAWS)

    async def _redraw_one(self, slack_user_id: str) -> ApiResult | None:
        try:
            async with self._lock(slack_user_id):
                return await self._draw(slack_user_id, wanted=False)
        except LedgerUnavailable:
            self.changed(slack_user_id)
            return None

    def _lock(self, slack_user_id: str) -> asyncio.Lock:
        return self._locks.setdefault(slack_user_id, asyncio.Lock())

    async def _draw(self, slack_user_id: str, *, wanted: bool) -> ApiResult | None:
        """Publish the tab. Raise LedgerUnavailable.

        None: not `wanted`, and up to date, or Slack has not said yet who the person is. Slack's
        hash keeps this from overwriting what another replica published in the meantime.
        """
        result: ApiResult = Failed("not_opened")
        admin_part: list[Json] = []
        conflicting = ""
        for _ in range(_TRIES):
            tab = await self._ledger.home_tabs.get(slack_user_id)
            if tab is None:
                break
            content, admin_part = await self._content(tab), self._admin_part(slack_user_id)
            if not wanted and _digest(content) == tab.content:
                return None  # without asking Slack about the person
            requester = home_tab_requester(tab.slack_user_id, tab.team_id, tab.enterprise_id)
            match await self._access_check.decide(requester):
                case Denied(Denial.NOT_KNOWN) if tab.hash:
                    return Failed(Denial.NOT_KNOWN) if wanted else None
                case Denied(reason):
                    content, admin_part = refusal_message(reason, self._admins).blocks, []
                    if not wanted and _digest(content) == tab.content:
                        return None
            # After a conflict with the same row, its hash is out of date: publish without one.
            expected = "" if tab.hash == conflicting else tab.hash
            drawn, digest = [*content, *admin_part], _digest(content)
            result = await self._publish(slack_user_id, drawn, digest, expected, tab.hash)
            if result != Failed(_CONFLICT):
                break
            conflicting = tab.hash
        is_shown = admin_part and isinstance(result, Done)
        if is_shown and self._diagnosis and not self._diagnosis.is_recent(CHECK_MAX_AGE):
            checking = self._check_installation(self._diagnosis, slack_user_id)
            self._tasks.spawn(checking, name="look_at_installation")
        return result

    async def _publish(
        self,
        slack_user_id: str,
        drawn: Sequence[Json],
        digest: str = "",
        expected: str = "",
        stored: str = "",
    ) -> ApiResult:
        """Publish it if Slack's hash is `expected`, or in any case if that is empty.

        `digest` and `stored` are for the row: without a digest, or if the row's hash is no longer
        `stored`, the next redraw publishes again.
        """
        view = blocks.home_tab(drawn)
        published = await self._slack.publish_home_tab(slack_user_id, view, expected)
        if isinstance(published, Failed):
            log.warning("home_tab_not_published", user=slack_user_id, code=published.code)
            return published
        # If this is not stored, the tab is redrawn once too often.
        with logged_if_unavailable(log, "home_tab_not_noted", user=slack_user_id):
            hash_ = text_at(published.view, "hash")
            await self._ledger.home_tabs.published(slack_user_id, hash_, digest, stored)
        return published

    async def _content(self, tab: HomeTab) -> list[Json]:
        author = (tab.team_id, tab.slack_user_id)
        waiting, opened, latest = await asyncio.gather(
            self._ledger.waiting(*author, MOST_WAITING + 1),
            self._ledger.open_conversations(*author, tab.weav_user_id, MOST_OPEN + 1),
            self._ledger.latest(*author, MOST_LISTED),
        )
        still_open = [
            each for each in opened if text_at(each.conversation, "status") == Status.OPEN
        ]
        return home_tab(HomeContent(waiting, still_open, latest), self._link_to)

    def _admin_part(self, slack_user_id: str) -> list[Json]:
        if self._diagnosis is None or slack_user_id not in self._admins:
            return []
        return installation(self._diagnosis.latest)

    async def _check_installation(self, diagnosis: Diagnosis, slack_user_id: str) -> None:
        await diagnosis.check(CHECK_MAX_AGE)
        await self.publish(slack_user_id)


def _digest(drawn: Sequence[Json]) -> str:
    return hashlib.sha256(to_json(drawn)).hexdigest()
