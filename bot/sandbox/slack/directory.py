"""The users and channels of a new sandbox workspace."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.sandbox.slack.wire import Json

TEAM_ID = "T0SANDBOX"
TEAM_NAME = "Weav sandbox"
TEAM_DOMAIN = "weav-sandbox"
OTHER_TEAM_ID = "T0OTHER"
OTHER_TEAM_DOMAIN = "other-organisation"
APP_ID = "A0WEAV"
BOT_ID = "B0WEAV"
BOT_USER_ID = "U0BOT"
# Slack has deprecated it in favour of the signature, but still sends it.
VERIFICATION_TOKEN = "sandbox-verification"  # noqa: S105 - a fixed string, which proves nothing


@dataclass(frozen=True, slots=True)
class SlackUser:
    id: str
    name: str
    real_name: str
    team_id: str = TEAM_ID
    team_domain: str = TEAM_DOMAIN
    is_bot: bool = False
    is_guest: bool = False
    tz: str = "Europe/Berlin"

    def as_json(self) -> Json:
        """As users.info returns it: https://docs.slack.dev/reference/objects/user-object."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": False,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "profile": {"real_name": self.real_name, "display_name": self.name},
            "is_bot": self.is_bot,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_stranger": self.team_id != TEAM_ID,
            "is_app_user": False,
            "updated": 1700000000,
        }


class Kind(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    IM = "im"


@dataclass(slots=True)
class SlackChannel:
    id: str
    name: str
    kind: Kind
    members: set[str] = field(default_factory=set)
    is_shared: bool = False

    @property
    def payload_name(self) -> str:
        """Its name in payloads, which hide the names of private channels and direct messages."""
        names = {Kind.PRIVATE: "privategroup", Kind.IM: "directmessage"}
        return names.get(self.kind, self.name)

    def as_json(self) -> Json:
        """As conversations.info returns it.

        https://docs.slack.dev/reference/objects/conversation-object
        """
        shown: Json = {
            "id": self.id,
            "is_channel": self.kind is Kind.PUBLIC,
            "is_group": self.kind is Kind.PRIVATE,
            "is_im": self.kind is Kind.IM,
            "is_mpim": False,
            "is_private": self.kind is not Kind.PUBLIC,
            "is_archived": False,
            "is_ext_shared": self.is_shared,
            "is_shared": self.is_shared,
            "context_team_id": TEAM_ID,
        }
        if self.kind is Kind.IM:
            return shown | {"user": next(iter(sorted(self.members - {BOT_USER_ID})), "")}
        return shown | {"name": self.name, "is_member": BOT_USER_ID in self.members}


def seed_users() -> dict[str, SlackUser]:
    users = (
        SlackUser("U0ANN", "ann", "Ann Archer"),
        SlackUser("U0BEN", "ben", "Ben Bright"),
        SlackUser("U0CAT", "cat", "Cat Guest", is_guest=True),
        SlackUser("U0EVE", "eve", "Eve Else", team_id=OTHER_TEAM_ID, team_domain=OTHER_TEAM_DOMAIN),
        SlackUser(BOT_USER_ID, "weav", "Weav", is_bot=True),
    )
    return {user.id: user for user in users}


def seed_channels() -> dict[str, SlackChannel]:
    staff = {"U0ANN", "U0BEN"}
    channels = (
        SlackChannel("C0SUPPORT", "support", Kind.PUBLIC, staff | {"U0CAT", BOT_USER_ID}),
        SlackChannel("C0GENERAL", "general", Kind.PUBLIC, set(staff)),
        SlackChannel(
            "C0PARTNERS", "partners", Kind.PUBLIC, {*staff, "U0EVE", BOT_USER_ID}, is_shared=True
        ),
        SlackChannel("G0BILLING", "billing", Kind.PRIVATE, set(staff)),
        SlackChannel("G0TRIAGE", "triage", Kind.PRIVATE, staff | {BOT_USER_ID}),
        SlackChannel("D0ANNBEN", "", Kind.IM, set(staff)),
    )
    return {channel.id: channel for channel in channels}
