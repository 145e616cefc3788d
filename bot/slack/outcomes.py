"""Weav's outcomes in sentences for the author; plain text."""

from typing import assert_never

from bot.weav.models import Status
from bot.weav.outcomes import NotSent, Opened, Outcome, Refused, Unconfirmed


def outcome_text(outcome: Outcome) -> str:
    """Say what is known and what to do, for the top of the form, a modal or a message."""
    match outcome:
        case Opened(conversation):
            state = "is open" if conversation.status == Status.OPEN else "exists"
            return f"The conversation {state} in Weav."
        case Refused(message=message):
            return message
        case NotSent(reason=reason):
            return f"{reason} Nothing was created. Submit again."
        case Unconfirmed(reason=reason):
            return (
                f"{reason} The conversation may have been created or not. Look again asks Weav once"
                " more. Before you create it again, look in Weav whether this customer has it."
            )
        case _:
            assert_never(outcome)
