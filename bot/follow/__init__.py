"""Cards that follow changes in Weav: its webhooks announce them, or the bot polls for them."""
