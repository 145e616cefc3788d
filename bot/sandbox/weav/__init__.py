"""A Weav for the desk top: its API after `openapi.yaml`, its webhooks, its memory, and faults."""

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
