"""The page of the sandbox: what people see of Slack, and what Weav got."""

from bot.sandbox.page.app import SandboxPage
from bot.sandbox.page.guard import Guard
from bot.sandbox.page.outlet import Outlet
from bot.sandbox.page.switches import Board, Switches

__all__ = ["Board", "Guard", "Outlet", "SandboxPage", "Switches"]
