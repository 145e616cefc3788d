"""The bot inside another program: from environment variables to an ASGI app."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from starlette.types import ASGIApp

from bot.app import Pace, assembled
from bot.settings import Settings

# A program that somebody tries out should stop at once; unfinished work stays in the ledger.
PACE = Pace(lease=5.0, delivery=5.0, answers=1.0, drain=2.0)


class GivenSettings(Settings):
    """Takes only the values given, since the environment and `.env` may hold real tokens."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's own signature
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@asynccontextmanager
async def embedded(variables: Mapping[str, str]) -> AsyncIterator[ASGIApp]:
    """Run the bot in HTTP mode; `variables` are the environment variables of `weav-slack run`.

    Raise LedgerUnavailable or LedgerTooNew.
    """
    given: dict[str, Any] = {name.lower(): value for name, value in variables.items()}
    async with assembled(GivenSettings(**given), PACE) as bot:
        polling = asyncio.create_task(bot.health.keep_polling_slack())
        try:
            yield bot.asgi
        finally:
            polling.cancel()
