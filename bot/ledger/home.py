"""Who looks at their home tab, and what Slack shows there as far as it is known."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.ledger.database import Database, forget

# Days for which a tab that was opened is drawn again when something changes.
_LATELY: Final = 1.0
_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class HomeTab:
    """`team_id` and `enterprise_id` are those of the event that told of its opening.

    `weav_user_id`: whom they said first that they are in Weav. `content` and `hash`: what was
    published last, and Slack's word for it. Each may be empty.
    """

    slack_user_id: str
    team_id: str
    enterprise_id: str
    content: str = ""
    hash: str = ""
    weav_user_id: str = ""


class HomeTabs:
    """Everything raises LedgerUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def opened(self, tab: HomeTab) -> None:
        """Keep what is known of what it shows."""
        whose = {"team_id": tab.team_id, "enterprise_id": tab.enterprise_id}
        await self._database.query("open_home_tab", {"slack_user_id": tab.slack_user_id, **whose})

    async def get(self, slack_user_id: str) -> HomeTab | None:
        """None: they never opened it, or long ago."""
        rows = await self._database.query("home_tab", {"slack_user_id": slack_user_id})
        return (
            HomeTab(**{name: each or "" for name, each in dict(rows[0]).items()}) if rows else None
        )

    async def opened_lately(self, concerned: Collection[str] = ()) -> list[str]:
        """Name those in Slack who opened theirs; `concerned`: of these, in Slack or in Weav."""
        whose = "".join(f",{each}" for each in concerned) + "," if concerned else ""
        values = {"within": _LATELY * _DAY, "whose": whose}
        rows = await self._database.query("opened_lately", values)
        return [row["slack_user_id"] for row in rows]

    async def published(
        self, slack_user_id: str, hash_: str, content: str = "", over: str = ""
    ) -> None:
        """`over`: the hash that was noted when what it shows was read."""
        shown = {"content": content, "hash": hash_, "over": over}
        await self._database.query("note_home_tab", {"slack_user_id": slack_user_id, **shown})

    async def forget(self, keep_days: float) -> int:
        """Remove those that nobody opened for so long; how many it were."""
        return await forget(self._database, "forget_home_tabs", keep_days)
