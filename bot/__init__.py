"""The bot, except for Slack's transports and listeners, which are in `handlers`."""

from importlib.metadata import version

VERSION = version("weav-slack")
