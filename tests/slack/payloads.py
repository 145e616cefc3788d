"""View submissions as Slack sends them."""

from typing import Any

from bot.form.values import FormValues, Origin
from bot.slack.payloads import ViewSubmission

CUSTOMER = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
ASSIGNEE = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
VALID = FormValues(channel="email", customer_id=CUSTOMER, post_to="C1")
TYPED = {"customer_id", "subject", "assignee_id"}


def submission(values: FormValues, origin: Origin | None = None, **extra: object) -> dict[str, Any]:
    return {
        "type": "view_submission",
        "team": {"id": "T1", "domain": "acme"},
        "user": {"id": "U1", "team_id": "T1"},
        "view": {
            "id": "V1",
            "callback_id": "weav_conversation",
            "private_metadata": (origin or Origin(via="command")).dump(),
            "state": {
                "values": {
                    field: {field: _input(field, value)}
                    for field, value in values.model_dump().items()
                }
            },
        },
        "response_urls": [
            {
                "block_id": "post_to",
                "action_id": "post_to",
                "channel_id": values.post_to,
                "response_url": "https://hooks.slack.com/app/T1/1/x",
            }
        ],
        **extra,
    }


def submitted(values: FormValues, origin: Origin | None = None, **extra: object) -> ViewSubmission:
    return ViewSubmission.model_validate(submission(values, origin, **extra))


def _input(field: str, value: str) -> dict[str, Any]:
    if field in TYPED:
        return {"type": "plain_text_input", "value": value or None}
    if field == "post_to":
        return {"type": "conversations_select", "selected_conversation": value or None}
    option = {"text": {"type": "plain_text", "text": value.title()}, "value": value}
    return {"type": "static_select", "selected_option": option if value else None}
