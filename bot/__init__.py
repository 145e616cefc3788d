"""The bot: everything but the listeners that Slack calls, which are in `handlers`."""

from importlib.metadata import version

VERSION = version("weav-slack")
