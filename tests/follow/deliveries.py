"""Weav's webhooks in every encoding that Weav may use, because it documents none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Harness

SECRET: Final = "a-webhook-secret"  # noqa: S105 - of a sandbox
DELETED: Final = "conversation.deleted"
STATUS: Final = "conversation.status.updated"
PRIORITY: Final = "conversation.priority.updated"
ASSIGNED: Final = "conversation.assigned.updated"
CUSTOMER_WROTE: Final = "conversation.customer.message.created"

SPELLINGS: Final[dict[str, Callable[[bytes], str]]] = {
    "hex": lambda digest: digest.hex(),
    "HEX": lambda digest: digest.hex().upper(),
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "sha256=hex": lambda digest: f"sha256={digest.hex()}",
    "sha256=base64": lambda digest: f"sha256={base64.b64encode(digest).decode()}",
}


def signature_of(body: bytes, spelling: str = "hex", secret: str = SECRET) -> str:
    return SPELLINGS[spelling](hmac.new(secret.encode(), body, hashlib.sha256).digest())


def body_about(conversation_id: str, **more: object) -> bytes:
    """Return one of the shapes that a body may have."""
    return json.dumps(
        {
            "event": "conversation.updated",
            "delivery_id": str(uuid4()),
            "organization_id": "0a0a0a0a-0000-4000-8000-00000000000a",
            "data": {"id": conversation_id, **more},
        }
    ).encode()


@dataclass(frozen=True, slots=True)
class Weav:
    """Weav as the sender of webhooks."""

    url: str

    @classmethod
    def to(cls, harness: Harness) -> Weav:
        return cls(f"{harness.url}/weav/webhooks")

    async def tell(
        self, event: str, conversation_id: str, spelling: str = "hex", **more: object
    ) -> None:
        """Deliver a webhook, and check that it is accepted."""
        body = body_about(conversation_id, **more)
        response = await self.send(body, event, signature_of(body, spelling))
        assert response.status_code == 200

    async def send(
        self, body: bytes, event: str = STATUS, signature: str | None = "", **headers: str
    ) -> httpx.Response:
        """Send these exact bytes; sign them if `signature` is empty, but not if it is None."""
        sent: dict[str, Any] = {"content-type": "application/json", "x-weav-event": event}
        if signature is not None:
            sent["x-weav-signature"] = signature or signature_of(body)
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.post(self.url, content=body, headers=sent | headers)
