"""What stands in the channel: drawn, posted, changed by clicks."""
