"""Who opened their home tab, and what the bot last published there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.ledger.database import Database, forget

# Seconds after its opening for which a tab is kept up to date.
_LATELY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class HomeTab:
    """A person's home tab; each of the last four may be empty.

    `team_id` and `enterprise_id` are from the event of its opening. `content` is a digest of what
    was published last, `hash` is Slack's hash of that view. `weav_user_id`: the Weav user that
    they, and nobody before them, said they are.
    """

    slack_user_id: str
    team_id: str
    enterprise_id: str
    content: str = ""
    hash: str = ""
    weav_user_id: str = ""


class HomeTabs:
    """Every method raises LedgerUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def opened(self, tab: HomeTab) -> None:
        """Record the opening; what is published next counts as new, whatever it shows."""
        whose = {"team_id": tab.team_id, "enterprise_id": tab.enterprise_id}
        await self._database.query("open_home_tab", slack_user_id=tab.slack_user_id, **whose)

    async def get(self, slack_user_id: str) -> HomeTab | None:
        """None: they never opened it, or so long ago that it was forgotten."""
        rows = await self._database.query("home_tab", slack_user_id=slack_user_id)
        if not rows:
            return None
        return HomeTab(**{name: value or "" for name, value in dict(rows[0]).items()})

    async def opened_lately(self, concerned: Collection[str] = ()) -> list[str]:
        """Return Slack users who opened theirs; `concerned`: only these Slack or Weav users."""
        whose = "".join(f",{each}" for each in concerned) + "," if concerned else ""
        rows = await self._database.query("opened_lately", within=_LATELY, whose=whose)
        return [row["slack_user_id"] for row in rows]

    async def published(
        self, slack_user_id: str, hash_: str, content: str = "", over: str = ""
    ) -> None:
        """Record a publication; `over` is the hash that was recorded when its content was read."""
        shown = {"content": content, "hash": hash_, "over": over}
        await self._database.query("note_home_tab", slack_user_id=slack_user_id, **shown)

    async def forget(self, keep_days: float) -> int:
        """Remove tabs that nobody opened for `keep_days`; return how many."""
        return await forget(self._database, "forget_home_tabs", keep_days)
