"""Events with ids, one line each, for people or as JSON.

Never payloads, subjects, tokens or e-mail addresses: what is not passed in cannot leak.
"""

import logging
from typing import Literal

import structlog

# Their DEBUG lines carry whole requests and answers: message text, tokens, e-mail addresses.
CHATTY = ("slack_bolt", "slack_sdk", "httpx", "httpcore", "aiohttp", "asyncio", "aiosqlite")


def configure(level: str, log_format: Literal["console", "json"]) -> None:
    """Send structlog's and the libraries' lines to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.dict_tracebacks
        if log_format == "json"
        else structlog.processors.format_exc_info,
    ]
    draw = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, draw],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
