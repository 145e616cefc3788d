"""What the ledger keeps of a submission besides the request: enough to finish it after a crash."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from bot.slack.delivery import Place
from bot.slack.forms import Submission
from bot.slack.values import FormValues, Origin, Reopening


class Papers(BaseModel):
    model_config = ConfigDict(frozen=True)

    values: FormValues = FormValues()
    origin: Origin = Origin()
    response_url: str = ""

    @classmethod
    def of(cls, submission: Submission) -> Self:
        return cls(
            values=submission.values,
            origin=submission.origin,
            response_url=submission.response_url or "",
        )

    @classmethod
    def read(cls, form: Mapping[str, Any] | None) -> Self:
        """Empty papers for those that were removed after `LEDGER_KEEP_DAYS`."""
        return cls.model_validate(form or {})

    @property
    def reopening(self) -> Reopening:
        return Reopening(self.values, self.origin)

    @property
    def place(self) -> Place:
        """The thread of the message that the form came from, if the card goes to its channel."""
        same = self.values.post_to == self.origin.slack_channel_id
        thread = self.origin.thread_ts or self.origin.message_ts
        return Place(self.values.post_to, thread if same else "", self.response_url)
