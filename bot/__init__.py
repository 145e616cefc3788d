"""The bot: everything behind Slack's door."""

from importlib.metadata import version

VERSION = version("weav-slack")
