"""Block Kit's schemas and limits, stricter than Slack where its documentation is vague."""
