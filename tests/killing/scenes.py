"""What Weav does while a bot dies at a kill point, and how the bot is made to die."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.weav import WeavFault
from tests.killing.points import Point, arm
from tests.killing.replicas import DIES_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.killing.replicas import Replica
    from tests.killing.service import Service

CREATE: Final[dict[str, Any]] = {"method": "POST", "path": "/conversations"}
LIST: Final[dict[str, Any]] = {"method": "GET", "path": "/customers/*/conversations"}
# Concurrent submissions per replica; one of a replica's first two or three kills it.
BATCH: Final = 3
# How many kills of a scene may miss the point.
MISSES: Final = 5

REFUSAL: Final = {"customer_id": ["The selected customer id is invalid."]}
# What the request leads to after its sender died: a conversation at once, a conversation later, or
# none.
_UNHEARD: Final[tuple[Callable[[], WeavFault], ...]] = (
    lambda: WeavFault(hold=3, **CREATE),
    lambda: WeavFault(delay=3, **CREATE),
    lambda: WeavFault.lost_request(delay=3, **CREATE),
)
_WEAV: Final[dict[Point, Callable[[], list[WeavFault]]]] = {
    Point.WAITING: lambda: [WeavFault(delay=0.5, **CREATE)],
    Point.SENT: lambda: [random.choice(_UNHEARD)()],  # noqa: S311 - no secret
    Point.QUEUED: lambda: [WeavFault(status=503, **CREATE)],
    Point.REFUSED: lambda: [WeavFault.refusal(REFUSAL, **CREATE)],
    Point.FOUND: lambda: [WeavFault.lost_answer(**CREATE)],
    Point.CLAIMED: lambda: [WeavFault.lost_answer(**CREATE)],
}
# These faults also apply between kills: a bot may be killed there, too, and no later look could
# find what it had created. "Not confirmed" would be true, but no card would come.
_ALL_ALONG: Final[dict[Point, list[WeavFault]]] = {
    Point.UNCONFIRMED: [WeavFault.lost_request(**CREATE), WeavFault(status=403, **LIST)],
}


@dataclass(slots=True)
class Scene:
    service: Service
    point: Point
    kills: int = 0

    async def play(self, kills: int) -> None:
        """Kill at the point this often, the replicas in turn, and leave all of them running."""
        replicas = self.service.replicas
        with self._weav_fails(_ALL_ALONG.get(self.point, [])):
            for number in range(kills + MISSES):
                self.kills += await self._kill_once(replicas[number % len(replicas)])
                if self.kills == kills:
                    return

    async def _kill_once(self, victim: Replica) -> bool:
        """False: on a busy machine others were faster, so this one never reached the point."""
        victim.kill()
        await victim.dead()
        nth = random.randint(1, 2) + (self.point is Point.WAITING)  # noqa: S311 - no secret
        await victim.start(partial(arm, self.point, nth))
        await victim.healthy()
        with self._weav_fails(_WEAV.get(self.point, list)()):
            cases = self.service.next_cases(BATCH * len(self.service.replicas))
            submitting = asyncio.create_task(self.service.submit(cases))
            died = await self._died_at_the_point(victim)
        await submitting
        if died:
            await victim.start()
        await self.service.submit_again()
        return died

    @contextmanager
    def _weav_fails(self, faults: list[WeavFault]) -> Iterator[None]:
        weav = self.service.weav
        acting = [weav.fail(fault) for fault in faults]
        yield
        for fault in acting:
            weav.faults.remove(fault)

    async def _died_at_the_point(self, victim: Replica) -> bool:
        try:
            if self.point is Point.SENT:
                await self._kill_when_sent(victim)
            await victim.dead()
        except TimeoutError:
            return False
        assert victim.exit_code == -signal.SIGKILL, "it ended by itself"
        return True

    async def _kill_when_sent(self, victim: Replica) -> None:
        """Kill the replica once Weav has a new request from it, long before Weav answers."""
        weav = self.service.weav
        host = self.service.ports.hosts[self.service.replicas.index(victim)]
        before = len(weav.creations)
        await weav.until(
            lambda: any(
                request.headers["host"] == host and request.status is None
                for request in weav.creations[before:]
            ),
            DIES_WITHIN,
        )
        victim.kill()
