"""The bot's command as a bare listener in Bolt's default mode; the argument is a port."""

import os

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from tests.bench.contenders.serving import serve


async def authorize() -> AuthorizeResult:
    """Like the bot's, without a request to Slack, which would only slow down this program."""
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-1")  # noqa: S106


async def acknowledge(ack: AsyncAck) -> None:
    await ack()


if __name__ == "__main__":
    app = AsyncApp(signing_secret=os.environ["SLACK_SIGNING_SECRET"], authorize=authorize)
    app.command("/weav-conversation")(acknowledge)
    serve(app)
