import pytest

from bot.submissions.replies import outcome_text
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Opened, Outcome, Refused, Unconfirmed


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Opened(Conversation(id="1")), "The conversation exists in Weav."),
        (Opened(Conversation(id="1", status="closed")), "The conversation exists in Weav."),
        (Opened(Conversation(id="1", status="open")), "The conversation is open in Weav."),
        (
            Refused("Weav does not know this customer.", {}, 404),
            "Weav does not know this customer.",
        ),
        (
            NotSent("Weav could not be reached."),
            "Weav could not be reached. Nothing was created. Submit again.",
        ),
        (
            Unconfirmed("Weav did not answer in time."),
            (
                "Weav did not answer in time. The conversation may have been created or not."
                " Look again asks Weav once more. Before you create it again, look in Weav whether"
                " this customer has it."
            ),
        ),
    ],
)
def test_every_outcome_says_what_is_known_and_what_to_do(outcome: Outcome, expected: str) -> None:
    assert outcome_text(outcome) == expected
