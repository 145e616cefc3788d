"""What kind of member somebody is: users.info, for which the scope users:read is needed."""

from enum import StrEnum
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.lookups import look_up
from bot.slack.payloads import at

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
    return await look_up(
        client.users_info(user=slack_user_id),
        lambda answer: standing_of(answer.get("user")),
        not_told={"missing_scope"},
        untold=Standing.UNTOLD,
    )


def standing_of(user: object) -> Standing | None:
    """Read https://docs.slack.dev/reference/objects/user-object; single-channel guests are both."""
    if not isinstance(user, dict):
        return None
    if at(user, "is_restricted") or at(user, "is_ultra_restricted"):
        return Standing.GUEST
    return Standing.STRANGER if at(user, "is_stranger") else Standing.MEMBER
