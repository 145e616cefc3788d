"""Whether the bot's memory grows with its work: its size after some and after more submissions."""

from contextlib import closing
from dataclasses import dataclass

from tests.bench.contestants import BOT, running, stage
from tests.bench.measuring import Done, sending
from tests.bench.team import Team

_BLOCK = 1000
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Sizes:
    """Resident megabytes."""

    after_few: float
    after_many: float

    @property
    def ratio(self) -> float:
        return self.after_many / self.after_few


async def sizes(few: int, many: int) -> Sizes:
    """Both are numbers of submissions since the start, in whole thousands."""
    async with stage() as url, running(BOT, url) as bot:
        await bot.answers()
        with closing(Team(bot, url)) as team:
            await team.learn_the_form()
            await _submit(team, few)
            after_few = bot.megabytes()
            await _submit(team, many - few)
        return Sizes(after_few, bot.megabytes())


async def _submit(team: Team, count: int) -> None:
    for _ in range(count // _BLOCK):
        await team.forget()
        done = await sending(team.submit, team.cards, _BLOCK, _AT_ONCE)
        assert done == Done(_BLOCK, 0), f"of {_BLOCK} submissions: {done}"
