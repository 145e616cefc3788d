"""Faults to inject into the sandbox Weav, and which request each applies to."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, Self


class Wire(StrEnum):
    """How the answer is sent."""

    WHOLE = "whole"
    DROP = "drop"  # cut the connection instead
    DRIP = "drip"  # byte by byte, with `WeavFault.drip` seconds in between
    ENDLESS = "endless"  # followed by an endless stream of spaces
    GZIP_BOMB = "gzip_bomb"  # a few kilobytes that decompress to 16 MiB


@dataclass(frozen=True, slots=True)
class FaultAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeavFault:
    """A fault. Without arguments it changes nothing.

    `path` is the path after /v1, with shell wildcards; an empty `method` or `path` matches all.
    `delay` is the seconds before the request is processed, `hold` those before the answer is sent.
    With a `status`, that is the answer, and the request is not processed unless `processed`. Only
    the first matching fault applies to a request; it applies `times` times, or until removed.
    """

    method: str = ""
    path: str = ""
    times: int | None = None
    delay: float = 0.0
    hold: float = 0.0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    processed: bool = False
    wire: Wire = Wire.WHOLE
    drip: float = 0.05

    @property
    def is_processed(self) -> bool:
        return self.processed or (self.status is None and self.wire is not Wire.DROP)

    @property
    def sends(self) -> bool:
        return self.wire is not Wire.DROP

    def answer(self, processed: FaultAnswer | None) -> FaultAnswer:
        if self.status is None and processed:
            return processed
        status = self.status or HTTPStatus.SERVICE_UNAVAILABLE
        body = json.dumps({"message": _phrase(status)}).encode() if self.body is None else self.body
        if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            body = b""
        return FaultAnswer(status, {"content-type": "application/json", **self.headers}, body)

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("", method) and (not self.path or fnmatchcase(path, self.path))

    @classmethod
    def lost_answer(cls, **more: Any) -> Self:  # noqa: ANN401
        """Process the request, and cut the connection instead of answering."""
        return cls(wire=Wire.DROP, processed=True, **more)

    @classmethod
    def lost_request(cls, **more: Any) -> Self:  # noqa: ANN401
        """Cut the connection without processing the request."""
        return cls(wire=Wire.DROP, **more)

    @classmethod
    def refusal(cls, errors: Mapping[str, list[str]], **more: Any) -> Self:  # noqa: ANN401
        """Answer 422 with error messages by field."""
        body = json.dumps({"message": "The given data was invalid.", "errors": errors})
        return cls(status=422, body=body.encode(), **more)

    @classmethod
    def rate_limit(cls, retry_after: str = "", **more: Any) -> Self:  # noqa: ANN401
        headers = {"retry-after": retry_after} if retry_after else {}
        return cls(status=429, headers=headers, **more)

    @classmethod
    def html_page(cls, status: int = 502, **more: Any) -> Self:  # noqa: ANN401
        page = b"<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"
        return cls(status=status, headers={"content-type": "text/html"}, body=page, **more)

    @classmethod
    def redirect(cls, location: str, status: int = 302, **more: Any) -> Self:  # noqa: ANN401
        return cls(status=status, headers={"location": location}, body=b"", **more)


class Faults:
    """The active faults, oldest first."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._left: dict[WeavFault, int | None] = {}
        self._changed = changed

    def __iter__(self) -> Iterator[WeavFault]:
        return iter(list(self._left))

    def add(self, fault: WeavFault) -> None:
        self._left[fault] = fault.times
        self._changed()

    def remove(self, fault: WeavFault) -> None:
        """Remove a fault, if it is still active."""
        self._left.pop(fault, None)
        self._changed()

    def clear(self) -> None:
        self._left.clear()
        self._changed()

    def take(self, method: str, path: str) -> WeavFault:
        """Return the fault for this request, and count this use."""
        for fault, left in self._left.items():
            if fault.matches(method, path):
                if left is not None:
                    self._left[fault] = left - 1
                if left == 1:
                    self.remove(fault)
                return fault
        return WeavFault()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
