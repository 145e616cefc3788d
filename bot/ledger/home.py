"""Who looks at their home tab, and what Slack shows there as far as it is known."""

from dataclasses import dataclass
from typing import Any, Final

from bot.ledger.database import Database, forget

# Days for which a tab that was opened is drawn again when something changes.
_LATELY: Final = 1.0
_DAY: Final = 86400.0
_EVER: Final = 1e12


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

    async def opened(self, slack_user_id: str, team_id: str, enterprise_id: str) -> None:
        whose = {"team_id": team_id, "enterprise_id": enterprise_id}
        await self._database.query("open_home_tab", {"slack_user_id": slack_user_id, **whose})

    async def get(self, slack_user_id: str) -> HomeTab | None:
        """None: they never opened it, or long ago."""
        tabs = await self._read(slack_user_id=slack_user_id, within=_EVER)
        return tabs[0] if tabs else None

    async def opened_lately(self) -> list[HomeTab]:
        return await self._read(slack_user_id=None, within=_LATELY * _DAY)

    async def published(self, slack_user_id: str, content: str, hash_: str) -> None:
        shown = {"content": content, "hash": hash_}
        await self._database.query("note_home_tab", {"slack_user_id": slack_user_id, **shown})

    async def forget(self, keep_days: float) -> int:
        """Remove those that nobody opened for so long; how many it were."""
        return await forget(self._database, "forget_home_tabs", keep_days)

    async def _read(self, **values: Any) -> list[HomeTab]:  # noqa: ANN401 - columns
        rows = await self._database.query("home_tabs", values)
        return [HomeTab(**{name: value or "" for name, value in dict(row).items()}) for row in rows]
