"""Cards that follow what happens in Weav: told by its webhooks, or looked up now and then."""
