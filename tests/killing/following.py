"""Kills a bot that follows Weav, changes Weav meanwhile, and counts what is shown in Slack."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot.follow.pace import FollowPace
from bot.ledger import DueRow, DueRows, Ledger, Look
from bot.retry import Backoff
from bot.sandbox.weav import WebhookOptions
from bot.slack.api import SlackApi
from tests.harness import public, text_on
from tests.killing.replicas import DIES_WITHIN
from tests.killing.service import IMPATIENT, number_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack import SlackMessage
    from tests.killing.replicas import Replica
    from tests.killing.service import Service

SECRET: Final = "a-webhook-secret"  # noqa: S105 - of a sandbox
# The waits of `weav-slack run`, shortened.
FOLLOWING: Final = replace(
    IMPATIENT,
    follow=FollowPace(
        card=0.3,
        replies=0.6,
        redraw_every=0.05,
        sweep_every=0.2,
        following=Backoff(shortest=1.0, longest=2.0),
        not_yet=Backoff(shortest=0.5, longest=1.0, within=2.0),
    ),
)
# Conversations that change at once, per replica.
BATCH: Final = 2
# How often another replica may be faster, which happens more on a busy machine.
MISSES: Final = 20
SETTLES_WITHIN: Final = 60.0
CHANGED: Final = "Closed in Weav"
REPLIED: Final = " replied"


class FollowPoint(StrEnum):
    TOLD = "event written, not looked at"
    READ = "read, not drawn"
    DRAWN = "drawn, not recorded"
    NOTICED = "notice posted, not recorded"


def arm(point: FollowPoint, nth: int) -> None:
    """Make this process kill itself when it reaches the point for the nth time."""
    left = nth

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def is_noticed(
        _due: DueRows, row: DueRow, _delay: float, memo: dict[str, Any] | None = None
    ) -> bool:
        return row.look is Look.REPLIES and bool(memo) and memo != row.memo

    match point:
        case FollowPoint.TOLD:
            _wrap(DueRows, "mark", after=count)
        case FollowPoint.READ:
            _wrap(SlackApi, "update", before=count)
        case FollowPoint.DRAWN:
            _wrap(SlackApi, "update", after=count)
        case FollowPoint.NOTICED:
            _wrap(DueRows, "finish", before=count, counts=is_noticed)


def _wrap(
    owner: type,
    name: str,
    *,
    before: Callable[[], None] = lambda: None,
    after: Callable[[], None] = lambda: None,
    counts: Callable[..., bool] = lambda *_: True,
) -> None:
    original = getattr(owner, name)

    async def counting(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the original
        if not counts(*arguments):
            return await original(*arguments, **named)
        before()
        result = await original(*arguments, **named)
        after()
        return result

    setattr(owner, name, counting)


@dataclass(slots=True)
class FollowTally:
    """Lists hold case numbers. `not_shown`: the card does not show the change in Weav."""

    kills: int = 0
    changes: int = 0
    replies: int = 0
    not_shown: list[int] = field(default_factory=list)
    lines_twice: list[int] = field(default_factory=list)
    notices_lost: list[int] = field(default_factory=list)
    notices_doubled: list[int] = field(default_factory=list)
    on_the_card_alone: int = 0

    def __str__(self) -> str:
        counts = ((f.name, getattr(self, f.name)) for f in fields(self))
        return ", ".join(
            f"{name.replace('_', ' ')} {len(value) if isinstance(value, list) else value}"
            for name, value in counts
        )

    @property
    def harm(self) -> list[int]:
        return self.not_shown + self.lines_twice + self.notices_lost + self.notices_doubled


@dataclass(slots=True)
class FollowScene:
    service: Service
    point: FollowPoint
    kills: int = 0
    _given_out: int = 0
    _changed: list[int] = field(default_factory=list)

    async def play(self, kills: int) -> FollowTally:
        """Kill at the point this often, the replicas in turn, and count what is shown."""
        replicas = self.service.replicas
        # One of them receives the webhook and records it.
        victims = replicas[:1] if self.point is FollowPoint.TOLD else replicas
        self.service.weav.webhooks.options = WebhookOptions(backoff=0.5)
        webhook = f"http://127.0.0.1:{replicas[0].port}/weav/webhooks"
        async with self.service.weav.webhooks.sending_to(webhook, SECRET):
            tries = kills + MISSES * (len(replicas) - 1)
            await self._open(BATCH * len(replicas) * tries)
            for number in range(tries):
                self.kills += await self._kill_once(victims[number % len(victims)])
                if self.kills == kills:
                    break
            await self._settled()
        return self._count()

    async def _open(self, count: int) -> None:
        """Post this many cards, and wait until the webhooks about their creation are handled."""
        await self.service.open_forms(count)
        await self.service.submit(self.service.next_cases(count))
        await self.service.slack.until(lambda _: len(self.service.cards()) == count, 120)
        await self._settled()

    async def _kill_once(self, victim: Replica) -> bool:
        """False: another replica was faster, so this one never reached the point."""
        victim.kill()
        await victim.dead()
        await victim.start(partial(arm, self.point, random.randint(1, 2)))  # noqa: S311 - no secret
        await victim.healthy()
        self._happen()
        try:
            await victim.dead(DIES_WITHIN)
        except TimeoutError:
            return False
        assert victim.exit_code == -signal.SIGKILL, "it ended by itself"
        await victim.start()
        return True

    def _happen(self) -> None:
        """Change conversations in Weav that have not changed so far."""
        for _ in range(BATCH * len(self.service.replicas)):
            conversation = self.service.weav.conversations[self._given_out]
            self._given_out += 1
            self._changed.append(number_in(conversation["subject"]))
            if self.point is FollowPoint.NOTICED:
                self.service.weav.store.write(conversation["id"], "It still hangs.")
            else:
                self.service.weav.store.change(conversation["id"], status="closed")

    async def _settled(self) -> None:
        """Wait until Weav has sent all webhooks and nothing is due."""
        webhooks = self.service.weav.webhooks
        await self.service.weav.until(lambda: webhooks.is_idle, SETTLES_WITHIN)
        await self.service.settled()
        async with Ledger.open(self.service.database) as ledger, asyncio.timeout(SETTLES_WITHIN):
            while await ledger.due.oldest():  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.2)

    def _count(self) -> FollowTally:
        tally = FollowTally(kills=self.kills)
        cards = self._cards()
        notices = Counter(self._of_thread(each, cards) for each in self._notices())
        for number in self._changed:
            says = text_on(cards[number])
            if self.point is FollowPoint.NOTICED:
                tally.replies += 1
                on_card = "The customer replied" in says
                tally.on_the_card_alone += on_card and not notices[number]
                tally.notices_lost += [number] if not (notices[number] or on_card) else []
                tally.notices_doubled += [number] if notices[number] > 1 else []
            else:
                tally.changes += 1
                tally.not_shown += [number] if CHANGED not in says else []
                tally.lines_twice += [number] if says.count(CHANGED) > 1 else []
        return tally

    def _cards(self) -> dict[int, SlackMessage]:
        posted = public(self.service.slack, "C0SUPPORT")
        return {number_in(each.text): each for each in posted if "conversation: " in each.text}

    def _notices(self) -> list[SlackMessage]:
        posted = public(self.service.slack, "C0SUPPORT")
        return [each for each in posted if REPLIED in each.text and each.thread_ts != each.ts]

    def _of_thread(self, notice: SlackMessage, cards: dict[int, SlackMessage]) -> int:
        return next((n for n, card in cards.items() if card.ts == notice.thread_ts), -1)
