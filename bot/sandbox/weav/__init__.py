"""A Weav for the sandbox: its API from `openapi.yaml`, its webhooks, its data, and faults."""

from bot.sandbox.weav.app import WeavSandbox
from bot.sandbox.weav.faults import WeavFault, Wire
from bot.sandbox.weav.journal import Event, Exchange
from bot.sandbox.weav.webhooks import Shape, Signature, WebhookDelivery, WebhookOptions

__all__ = [
    "Event",
    "Exchange",
    "Shape",
    "Signature",
    "WeavFault",
    "WeavSandbox",
    "WebhookDelivery",
    "WebhookOptions",
    "Wire",
]
