# ruff: noqa: S311 - nothing here is a secret
"""A kill storm: constant submissions, a Weav that keeps changing, and kills at any moment."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.sandbox.weav import WeavFault
from tests.killing.scenes import CREATE, REFUSAL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.killing.service import Case, Service

# Mean seconds: of a phase of Weav's behaviour, of a replica's life, between submissions.
SPELL: Final = 0.15
LIFE: Final = 0.4
PAUSE: Final = 0.04
# Submissions per life of a replica; some arrive when none is alive.
FORMS: Final = 10

# Other submissions start, and may be cut off, while the replicas start.
GROWN_UP: Final = 0.8

WEATHER: Final = (
    *[WeavFault(delay=0.02, **CREATE)] * 5,
    WeavFault(delay=0.5, **CREATE),
    WeavFault(hold=0.5, **CREATE),
    WeavFault(status=503, **CREATE),
    WeavFault.lost_answer(**CREATE),
    WeavFault.lost_request(**CREATE),
    WeavFault.refusal(REFUSAL, **CREATE),
)


@dataclass(slots=True)
class Storm:
    service: Service
    kills: int = 0

    async def rage(self, kills: int) -> None:
        """Kill replicas this often, and leave all of them running."""
        weather = asyncio.create_task(self._weather())
        async with asyncio.TaskGroup() as submissions:
            for _ in range(kills):
                if random.random() < GROWN_UP:
                    await asyncio.gather(*(bot.healthy() for bot in self.service.replicas))
                life = random.expovariate(1 / LIFE)
                for case in self.service.next_cases(FORMS):
                    submissions.create_task(self._submit(case, random.uniform(0, life * 1.3)))
                await self._kill_after(life)
        weather.cancel()
        self.service.weav.faults.clear()

    async def _kill_after(self, life: float) -> None:
        victim = random.choice(self.service.replicas)
        await asyncio.sleep(life)
        victim.kill()
        await victim.dead()
        self.kills += 1
        await victim.start()

    @asynccontextmanager
    async def blowing(self) -> AsyncIterator[None]:
        """Submit forms and change Weav's behaviour as long as the block runs."""
        going = [asyncio.create_task(work()) for work in (self._weather, self._load)]
        yield
        assert not any(task.done() for task in going), "the load ended too soon"
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        self.service.weav.faults.clear()

    async def _weather(self) -> None:
        while True:
            fault = self.service.weav.fail(random.choice(WEATHER))
            await asyncio.sleep(random.expovariate(1 / SPELL))
            self.service.weav.faults.remove(fault)

    async def _load(self) -> None:
        async with asyncio.TaskGroup() as submissions:
            while True:
                [case] = self.service.next_cases(1)
                pause = random.expovariate(1 / PAUSE)
                await asyncio.sleep(pause)
                submissions.create_task(self._submit(case, 0))

    async def _submit(self, case: Case, pause: float) -> None:
        await asyncio.sleep(pause)
        await self.service.submit([case])
        if case.cut and case.number % 3 == 0:
            await asyncio.sleep(random.expovariate(1 / LIFE))
            await case.submit()
