"""The Web API methods that the sandbox knows: https://docs.slack.dev/reference/methods."""
