"""A Weav for the desk top: its API after `openapi.yaml`, its memory, and faults on request."""

from bot.sandbox.weav.app import WeavSandbox
from bot.sandbox.weav.faults import WeavFault, Wire
from bot.sandbox.weav.journal import Event, Exchange

__all__ = ["Event", "Exchange", "WeavFault", "WeavSandbox", "Wire"]
