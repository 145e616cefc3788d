"""The card in the Slack channel: drawn, posted and changed by clicks."""
