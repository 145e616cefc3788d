"""What Slack tells of by itself: https://docs.slack.dev/apis/events-api."""

from bot.home.service import HomeService
from bot.ledger import HomeTab
from bot.slack.payloads import AppHomeOpened


async def show_home_tab(interaction: AppHomeOpened, home: HomeService) -> None:
    home.opened(home_tab_of(interaction))


def home_tab_of(opened: AppHomeOpened) -> HomeTab:
    return HomeTab(opened.slack_user_id, opened.team_id, opened.enterprise_id)
