"""What it takes to draw a card again that Weav does not tell: kept with its row, for good."""

from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from bot.card.history import opened_line
from bot.form.values import FilledForm
from bot.ledger import Entry
from bot.slack.blocks import Json
from bot.weav.models import Conversation

RECOVERED: Final = (
    "Recovered: Weav's answer was lost on the way, and the bot found the conversation."
)


class CardFacts(BaseModel):
    """What is not known is empty.

    `opened` says in mrkdwn who opened it, how and when; `note` is a plain sentence on how it went;
    `above` are blocks that stand over the card and stay there; `thread_ts` is the thread that it
    stands in, if it began none itself.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    opened: str = ""
    note: str = ""
    above: tuple[Json, ...] = ()
    thread_ts: str = ""

    @classmethod
    def of(cls, entry: Entry, conversation: Conversation) -> Self:
        """Read what is kept, or what the form of a row still tells that has nothing kept."""
        if entry.card is not None:
            return cls.model_validate(entry.card)
        form = FilledForm.read(entry.form)
        origin = form.origin if entry.form else None
        return cls(
            opened=opened_line(conversation, origin, entry.slack_user_id),
            note=RECOVERED if entry.recovered else "",
            thread_ts=form.place.thread_ts,
        )


NO_FACTS: Final = CardFacts()
