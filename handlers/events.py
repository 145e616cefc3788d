"""Listeners for https://docs.slack.dev/apis/events-api."""

from bot.home.service import HomeService
from bot.slack.payloads import AppHomeOpened


async def show_home_tab(interaction: AppHomeOpened, home: HomeService) -> None:
    home.opened(interaction)
