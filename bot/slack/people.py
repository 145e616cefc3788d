"""What kind of member somebody is: users.info, for which the scope users:read is needed."""

from enum import StrEnum
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.logs import get_logger
from bot.slack.client import code_in
from bot.slack.payloads import at

log = get_logger("weav_slack.people")

USERS_READ: Final = "users:read"
KEEP: Final = 1800.0  # seconds


class Standing(StrEnum):
    """`UNTOLD`: Slack does not tell this bot."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    UNTOLD = "untold"


async def standing(client: AsyncWebClient, slack_user_id: str) -> Standing | None:
    """Ask https://docs.slack.dev/reference/methods/users.info; None: no answer that can be used."""
    try:
        answer = await client.users_info(user=slack_user_id)
    except SlackApiError as error:
        code = code_in(error.response)
        log.warning("person_not_looked_up", code=code)
        return Standing.UNTOLD if code == "missing_scope" else None
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        log.warning("person_not_looked_up", error=type(error).__name__)
        return None
    return standing_of(answer.get("user"))


def standing_of(user: object) -> Standing | None:
    """Read https://docs.slack.dev/reference/objects/user-object; single-channel guests are both."""
    if not isinstance(user, dict):
        return None
    if at(user, "is_restricted") or at(user, "is_ultra_restricted"):
        return Standing.GUEST
    return Standing.STRANGER if at(user, "is_stranger") else Standing.MEMBER
