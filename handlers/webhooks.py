"""POST /weav/webhooks: read what Weav sends within limits, verify the signature, store it.

Weav retries after every status but a 2xx, and sends nothing any more after a 410.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.follow.delivery import Event, is_json, is_signed, read_event
from bot.follow.inbox import Inbox
from bot.ledger import LedgerUnavailable
from bot.logs import get_logger
from bot.metrics import Metrics
from handlers.http import NotRead, read_body

log = get_logger("weav_slack.webhooks")
PATH: Final = "/weav/webhooks"


class WebhookEndpoint:
    def __init__(self, inbox: Inbox, secret: str, metrics: Metrics) -> None:
        self._inbox = inbox
        self._secret = secret.encode()
        self._metrics = metrics

    def routes(self) -> list[Route]:
        return [Route(PATH, self._receive, methods=["POST"])]

    async def _receive(self, request: Request) -> Response:
        body = await read_body(request)
        if isinstance(body, NotRead):
            return self._refuse(body.reason, body.response)
        if not is_signed(self._secret, body, request.headers.get("x-weav-signature", "")):
            return self._refuse("signature", PlainTextResponse("not signed by Weav", 401))
        if not is_json(body):
            return self._refuse("malformed", PlainTextResponse("malformed", 400))
        event = read_event(request.headers.get("x-weav-event", ""))
        try:
            accepted = await self._inbox.accept(event, body)
        except LedgerUnavailable as error:
            log.warning("webhook_not_written", error=str(error))
            return self._refuse("not_written", PlainTextResponse("come again", 503))
        self._count(event, "accepted" if accepted else "ignored")
        return Response()

    def _refuse(self, why: str, response: Response) -> Response:
        """Count it without its event, which is not verified."""
        log.warning("webhook_refused", reason=why)
        self._count(None, why)
        return response

    def _count(self, event: Event | None, outcome: str) -> None:
        self._metrics.webhooks.labels(event.value if event else "other", outcome).inc()
