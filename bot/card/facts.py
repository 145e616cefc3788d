"""What a redraw needs besides Weav's data; it is stored with the row and never removed."""

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
    """A field is empty if it is not known.

    `opened`: who opened the conversation, how and when, in mrkdwn. `note`: a plain sentence about a
    delay or a recovery. `above`: blocks that stay above the card. `thread_ts`: the thread that the
    card was posted into.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    opened: str = ""
    note: str = ""
    above: tuple[Json, ...] = ()
    thread_ts: str = ""

    @classmethod
    def of(cls, entry: Entry, conversation: Conversation) -> Self:
        """Read the stored facts; a row without them may still have its form to derive them from."""
        if entry.card is not None:
            return cls.model_validate(entry.card)
        form = FilledForm.load(entry.form)
        origin = form.origin if entry.form else None
        return cls(
            opened=opened_line(conversation, origin, entry.slack_user_id),
            note=RECOVERED if entry.recovered else "",
            thread_ts=form.place.thread_ts,
        )


NO_FACTS: Final = CardFacts()
