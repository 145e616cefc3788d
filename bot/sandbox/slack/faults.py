"""Faults to inject into the sandbox Slack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

RESPONSE_URL = "response_url"


@dataclass(frozen=True, slots=True)
class SlackFault:
    """A fault for one Web API method, for RESPONSE_URL, or for "*".

    `where` limits it to calls with these arguments. `delay` and `late` are the seconds to wait
    before and after the call takes effect. It applies to `times` calls, or to all if None.
    A fault with only a delay lets the call succeed.
    """

    method: str
    error: str = ""
    status: int = 200
    retry_after: int | None = None
    body: str | None = None
    drop: Literal["", "before", "after"] = ""
    delay: float = 0
    late: float = 0
    times: int | None = 1
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        """Whether it answers instead of the method, which then has no effect."""
        return bool(self.error or self.body is not None or self.status != 200)  # noqa: PLR2004

    def matches(self, method: str, arguments: Mapping[str, object]) -> bool:
        named = self.method in {"*", method}
        return named and all(arguments.get(key) == wanted for key, wanted in self.where.items())


def rate_limited(method: str, retry_after: int = 1, times: int | None = 1) -> SlackFault:
    """https://docs.slack.dev/apis/web-api/rate-limits."""
    return SlackFault(method, "ratelimited", status=429, retry_after=retry_after, times=times)


class FaultBoard:
    def __init__(self) -> None:
        self._armed: list[tuple[SlackFault, int | None]] = []

    def add(self, fault: SlackFault) -> None:
        self._armed.append((fault, fault.times))

    def remove(self, fault: SlackFault) -> None:
        self._armed = [(armed, left) for armed, left in self._armed if armed != fault]

    def clear(self) -> None:
        self._armed.clear()

    def armed(self) -> tuple[SlackFault, ...]:
        return tuple(fault for fault, _ in self._armed)

    def take(self, method: str, arguments: Mapping[str, object]) -> SlackFault | None:
        """Return the first fault that matches this call, and count this use."""
        for index, (fault, left) in enumerate(self._armed):
            if not fault.matches(method, arguments):
                continue
            if left is not None:
                self._armed[index : index + 1] = [(fault, left - 1)] if left > 1 else []
            return fault
        return None
