"""What Slack tells of by itself: https://docs.slack.dev/apis/events-api."""

from slack_bolt.app.async_app import AsyncApp

from bot.home.service import HomeService
from bot.ledger import HomeTab
from bot.slack.payloads import AppHomeOpened


def register(app: AsyncApp) -> None:
    app.event(AppHomeOpened.kind)(show_home_tab)


async def show_home_tab(interaction: AppHomeOpened, home: HomeService) -> None:
    whose = (interaction.slack_user_id, interaction.team_id, interaction.enterprise_id)
    home.opened(HomeTab(*whose))
