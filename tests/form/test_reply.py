import pytest

from bot.form.reply import Created, FormAgain, NotConfirmed, Reply, message_of, not_created
from bot.form.values import FilledForm, FormValues, Origin
from bot.weav.models import Conversation

FORM = FilledForm(FormValues(), Origin())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Created(Conversation(id="1")), "The conversation exists in Weav."),
        (Created(Conversation(id="1", status="closed")), "The conversation exists in Weav."),
        (Created(Conversation(id="1", status="open")), "The conversation is open in Weav."),
        (FormAgain("Weav does not know this customer."), "Weav does not know this customer."),
        (
            FormAgain(by_field={"subject": "Too rude."}),
            "Nothing was created. Subject: Too rude.",
        ),
        (
            FormAgain("Your plan is used up.", {"subject": "Too rude."}),
            "Your plan is used up. Subject: Too rude.",
        ),
        (
            not_created("Weav could not be reached."),
            "Weav could not be reached. Nothing was created. Submit again.",
        ),
        (
            NotConfirmed("Weav did not answer in time.", 7),
            (
                "Weav did not answer in time. The conversation may have been created or not."
                " Look again asks Weav once more. Before you choose Create again, check the"
                " customer's conversations in Weav."
            ),
        ),
    ],
)
def test_every_reply_says_what_is_known_and_what_to_do(reply: Reply, expected: str) -> None:
    said = message_of(reply, FORM).blocks[0]["text"]["text"]

    assert said.removeprefix(":grey_question: ") == expected
