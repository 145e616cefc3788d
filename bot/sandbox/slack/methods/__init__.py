"""The Web API methods that the sandbox has: https://docs.slack.dev/reference/methods."""
