"""What the sandbox Slack remembers of the traffic."""

from dataclasses import dataclass

from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request of the bot; `peer` is the client's port: one port, one connection.

    `at` is seconds since the epoch. `status` 0 means that the connection was dropped.
    """

    method: str
    arguments: Json
    answer: Json
    status: int
    at: float
    seconds: float
    peer: int

    def as_json(self) -> Json:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What Slack showed a person instead of what the bot should have done."""

    slack_user_id: str
    action: str
    shown: str

    def as_json(self) -> Json:
        return {"user": self.slack_user_id, "action": self.action, "shown": self.shown}
