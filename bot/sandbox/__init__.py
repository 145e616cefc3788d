"""A Slack and a Weav for the desk top: the bot is not told that it talks to them."""
