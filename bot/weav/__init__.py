"""Weav's API, independent of Slack: requests, and what the answers mean."""
