"""What Slack refuses: Block Kit's limits and schemas, stricter where its documentation is vague."""
