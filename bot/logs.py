"""Logging: events with ids, one line each, for people or as JSON.

Lines never contain payloads, subjects, tokens or email addresses. The bot passes only ids and codes
to the log; of a library's message only the template is kept; of an exception only its class and
place, because the messages of Pydantic, Slack and databases quote values.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import Context
from types import FrameType
from typing import Final, Literal, TextIO
from uuid import uuid4

import structlog

_DEEPEST: Final = 20
_LONGEST_CHAIN: Final = 5
# Their DEBUG lines contain whole requests and answers, and cost time to format.
CHATTY: Final = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp", "asyncio")
# Messages of these are kept whole: they contain addresses and ports at most.
VERBATIM: Final = ("uvicorn", "bot")
_REFERENCE: Final = "reference"
_HANDSHAKE_FAILED: Final = "uvloop.loop.SSLProtocol._on_handshake_complete"


def replace_exc_info(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace `exc_info` with `raised`: "ValueError: bot.x:12 read < handlers.y:9 ask"."""
    given = event.pop("exc_info", None)
    error = sys.exception() if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["raised"] = " from ".join(_describe(each) for each in _chain(error))
    return event


def class_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def place_of(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"


def _describe(error: BaseException) -> str:
    frames = list(traceback.walk_tb(error.__traceback__))[-_DEEPEST:]
    places = [place_of(frame, number) for frame, number in reversed(frames)]
    return f"{class_of(error)}: {' < '.join(places)}" if places else class_of(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_LONGEST_CHAIN):
        if error is None:
            return
        yield error
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)


def configure(level: str, log_format: Literal["console", "json"]) -> None:
    """Write structlog's and the libraries' lines to standard error in one format.

    Our own lines bypass the standard library's logging, which costs twice as much as the line.
    """
    draw: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, draw],
            foreign_pre_chain=[_without_values, *_processors()],
            pass_foreign_args=True,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("asyncio").addFilter(_is_not_uvloop_noise)
    structlog.configure(
        processors=[*_processors(), draw],
        logger_factory=lambda name: _LineWriter(name, handler),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


class _LineWriter:
    """Writes structlog's lines to the stream of `handler`, which writes the libraries' lines."""

    def __init__(self, name: str, handler: logging.StreamHandler[TextIO]) -> None:
        self.name = name
        self._handler = handler

    def write(self, line: str) -> None:
        """Write the line, or lose it: a full disk or a closed stream must not stop the work."""
        with self._handler.lock or nullcontext(), suppress(OSError, ValueError):
            self._handler.stream.write(f"{line}\n")
            self._handler.stream.flush()

    debug = info = warning = error = critical = write


def _processors() -> list[structlog.typing.Processor]:
    return [
        structlog.stdlib.add_logger_name,
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        replace_exc_info,
    ]


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger


@contextmanager
def new_reference() -> Iterator[None]:
    """Add one id to all lines logged in this block and in the tasks that it starts."""
    with structlog.contextvars.bound_contextvars(**{_REFERENCE: uuid4().hex[:8]}):
        yield


def reference() -> str:
    """Return the current id to tell a user; a new one in background work."""
    bound: str | None = structlog.contextvars.get_contextvars().get(_REFERENCE)
    return bound or uuid4().hex[:8]


def reference_in(context: Context) -> str | None:
    """Return the id bound in a context, even one that another thread is running in."""
    bound = context.copy().run(structlog.contextvars.get_contextvars)
    return bound.get(_REFERENCE)


def _without_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep only a library's message template, or the place in its code if it has no template."""
    record: logging.LogRecord = event["_record"]
    values = event.pop("positional_args", ())
    if record.name.partition(".")[0] not in VERBATIM:
        template = record.msg if values and isinstance(record.msg, str) else ""
        event["event"] = template or "a library's message, left out since it may quote somebody"
        event["at"] = f"{record.module}:{record.lineno} {record.funcName}"
    return event


def _is_not_uvloop_noise(record: logging.LogRecord) -> bool:
    """Drop the error of a TLS handshake that uvloop does not retrieve.

    When a connection attempt is cancelled just as its handshake fails, uvloop raises the
    cancellation and forgets the future of the handshake; asyncio's own loop logs nothing there:
    https://github.com/MagicStack/uvloop/issues/437
    """
    trace = record.exc_info[2] if record.exc_info else None
    raised_in = trace.tb_frame.f_code.co_name if trace else ""
    forgotten = record.getMessage().startswith("Future exception was never retrieved")
    return not (forgotten and raised_in == _HANDSHAKE_FAILED)
