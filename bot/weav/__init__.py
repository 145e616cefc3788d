"""Weav's words, without Slack: what is asked of its API and what its answers mean."""
