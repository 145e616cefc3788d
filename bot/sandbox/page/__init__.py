"""The sandbox's web page: Slack as a user sees it, next to Weav."""

from bot.sandbox.page.app import SandboxPage
from bot.sandbox.page.guard import Guard
from bot.sandbox.page.stoppable import StoppableServer
from bot.sandbox.page.switches import SwitchBoard, Switches

__all__ = ["Guard", "SandboxPage", "StoppableServer", "SwitchBoard", "Switches"]
