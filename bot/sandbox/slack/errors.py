"""Errors of the Web API."""

from collections.abc import Sequence

from bot.sandbox.slack.wire import Json


class SlackError(Exception):
    """`messages` go into response_metadata, `extra` into the answer, next to `error`."""

    def __init__(self, code: str, messages: Sequence[str] = (), **extra: str) -> None:
        super().__init__(code)
        self.code = code
        self.messages = list(messages)
        self.extra = extra

    def as_json(self) -> Json:
        answer: Json = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            answer["response_metadata"] = {"messages": self.messages}
        return answer
