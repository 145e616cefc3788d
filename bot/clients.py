"""The connections to Slack and Weav that a process has, one of each."""

import json
import logging
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
from pydantic_core import to_json

from bot import VERSION
from bot.metrics import Metrics
from bot.settings import Settings
from bot.slack.client import Bulkhead, SlackAnswer, SlackClient
from bot.slack.installation import Installation
from bot.weav.client import TimedTransport, weav_http

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)
# Slack closes idle connections later than this; each new one costs a command a TLS handshake.
SLACK_KEEPALIVE = 60.0
# Hardly ever reached: see bot/slack/lanes.py for how many there are while Slack answers.
MOST_SLACK_CONNECTIONS = 100


def slack_session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=MOST_SLACK_CONNECTIONS, keepalive_timeout=SLACK_KEEPALIVE
    )
    return aiohttp.ClientSession(
        timeout=SLACK_TIMEOUT,
        connector=connector,
        response_class=SlackAnswer,
        json_serialize=_as_json,
    )


def _as_json(value: Any) -> str:  # noqa: ANN401 - whatever is sent
    try:
        return to_json(value).decode()  # a form in 10 us, where json.dumps takes 50
    except ValueError:  # half a surrogate pair, which json.dumps can write
        return json.dumps(value)


def slack_client(
    settings: Settings,
    session: aiohttp.ClientSession,
    metrics: Metrics,
    installation: Installation,
) -> SlackClient:
    # Below INFO the SDK writes out whole requests and answers, and a logger without a level of its
    # own counts as that, whether anybody listens or not.
    logger = logging.getLogger("weav_slack.slack_sdk")
    logger.setLevel(logging.INFO)
    return SlackClient(
        settings.slack_bot_token.get_secret_value(),
        metrics,
        installation,
        Bulkhead(),
        base_url=settings.slack_api_url,
        session=session,
        logger=logger,
        retry_handlers=[],  # the gateway's business
        user_agent_suffix=f"weav-slack/{VERSION}",
    )


def weav_connection(
    settings: Settings, metrics: Metrics
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    def observe(operation: str, outcome: str, seconds: float) -> None:
        metrics.weav_calls.labels(operation, outcome).observe(seconds)

    base_path = urlsplit(settings.weav_api_url).path
    return weav_http(
        settings.weav_api_url,
        settings.weav_api_token.get_secret_value(),
        settings.weav_timeout,
        f"weav-slack/{VERSION}",
        wrap=lambda transport: TimedTransport(transport, observe, base_path),
    )
