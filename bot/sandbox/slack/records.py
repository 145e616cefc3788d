"""Records of the traffic with the bot."""

from dataclasses import dataclass

from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request from the bot; `peer` is the client's port, which identifies the connection.

    `at` is seconds since the epoch. `status` 0: the connection was dropped.
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
    """An error that Slack showed a person because the bot failed."""

    slack_user_id: str
    action: str
    shown: str

    def as_json(self) -> Json:
        return {"user": self.slack_user_id, "action": self.action, "shown": self.shown}
