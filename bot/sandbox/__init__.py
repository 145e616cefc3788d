"""A local Slack and Weav; the bot uses them like the real ones."""
