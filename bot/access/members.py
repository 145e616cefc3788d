"""What kind of member a user is, and of which workspaces: users.info, with the scope users:read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cache import look_up
from bot.slack.payloads import at, text_at

USERS_READ: Final = "users:read"
KEEP_MEMBERS: Final = 1800.0  # seconds


class Standing(StrEnum):
    """`UNKNOWN`: the bot has no scope to ask."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Member:
    """`team_id`: one of their workspaces; `teams`: all of them, on Enterprise Grid only."""

    standing: Standing
    team_id: str = ""
    enterprise_id: str = ""
    teams: frozenset[str] = frozenset()


async def fetch(client: AsyncWebClient, slack_user_id: str) -> Member | None:
    """Ask https://docs.slack.dev/reference/methods/users.info; None: no usable answer."""
    return await look_up(
        client.users_info(user=slack_user_id),
        lambda answer: member_of(answer.get("user")),
        refusals={"missing_scope": Member(Standing.UNKNOWN)},
    )


def member_of(user: object) -> Member | None:
    standing = standing_of(user)
    if standing is None:
        return None
    teams = at(user, "enterprise_user", "teams")
    return Member(
        standing=standing,
        team_id=text_at(user, "team_id"),
        enterprise_id=text_at(user, "enterprise_user", "enterprise_id"),
        teams=frozenset(map(str, teams)) if isinstance(teams, list) else frozenset(),
    )


def standing_of(user: object) -> Standing | None:
    """Read https://docs.slack.dev/reference/objects/user-object.

    A single-channel guest is both restricted and ultra-restricted. Slack sets `is_stranger` only
    for outside users who share no channel with the bot; the others are known by their team.
    """
    if not isinstance(user, dict):
        return None
    if at(user, "is_restricted") or at(user, "is_ultra_restricted"):
        return Standing.GUEST
    return Standing.STRANGER if at(user, "is_stranger") else Standing.MEMBER
