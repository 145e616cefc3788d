"""Exceptions for the log: of what kind and where, without their words and without local values.

Pydantic's errors, Slack's and a database's quote what they complain about: personal data.
"""

import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Final

import structlog

_DEEPEST: Final = 20
_LONGEST_CHAIN: Final = 5


def plain_tracebacks(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Put `raised` in the place of `exc_info`: "ValueError: bot.x:12 read < handlers.y:9 ask"."""
    given = event.pop("exc_info", None)
    error = sys.exception() if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["raised"] = " from ".join(_line(each) for each in _chain(error))
    return event


def kind_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def place_of(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"


def _line(error: BaseException) -> str:
    frames = list(traceback.walk_tb(error.__traceback__))[-_DEEPEST:]
    places = [place_of(frame, number) for frame, number in reversed(frames)]
    return f"{kind_of(error)}: {' < '.join(places)}" if places else kind_of(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_LONGEST_CHAIN):
        if error is None:
            return
        yield error
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
