"""What the ledger keeps of a submission besides the request: enough to finish it after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from bot.form.values import FilledForm, FormValues, Origin
from bot.ledger import Entry
from bot.weav.models import NewConversation

# In the request of a row, in place of the customer's ID until there is one.
CUSTOMER_EMAIL: Final = "customer_email"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the author wants the card: `thread_ts` and `response_url` may be empty."""

    slack_channel_id: str
    thread_ts: str = ""
    response_url: str = ""


class StoredForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    values: FormValues = FormValues()
    origin: Origin = Origin()
    response_url: str = ""
    labels: Mapping[str, str] = {}

    @classmethod
    def read(cls, form: Mapping[str, Any] | None) -> Self:
        """An empty form for one that was removed after `LEDGER_KEEP_DAYS`."""
        return cls.model_validate(form or {})

    @property
    def filled_form(self) -> FilledForm:
        return FilledForm(self.values, self.origin, self.labels)

    @property
    def place(self) -> Place:
        """The thread of the message that the form came from, if the card goes to its channel."""
        same = self.values.post_to == self.origin.slack_channel_id
        thread = self.origin.thread_ts or self.origin.message_ts
        return Place(self.values.post_to, thread if same else "", self.response_url)


def wants_new_customer(entry: Entry) -> bool:
    return CUSTOMER_EMAIL in (entry.request or {})


def request_of(entry: Entry) -> NewConversation:
    """Read what Weav is asked, once the customer is there."""
    return NewConversation.model_validate(entry.request)
