"""Slack without Bolt: payloads, the Web API, Block Kit, text and ids."""
