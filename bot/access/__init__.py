"""Who may use the bot, and who reads a channel."""
