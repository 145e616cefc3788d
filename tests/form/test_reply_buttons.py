import json

import pytest

from bot.form.reply import FORM_EXPIRED, NotConfirmed, message_of, reopen_message
from bot.form.values import FilledForm, FormValues, Origin
from bot.slack import ids
from bot.slack.blocks import plain_message
from handlers.commands import usage_message
from tests.slack.limits import NASTY, faults

COMMAND = Origin(via="command")


def test_an_expired_trigger_gets_a_button_that_keeps_what_was_typed() -> None:
    form = FilledForm(FormValues(subject="Export"), COMMAND)

    button = reopen_message(FORM_EXPIRED, form).blocks[-1]["elements"][0]

    assert (button["action_id"], button["text"]["text"]) == (ids.REOPEN, "Open the form")
    assert FilledForm.from_button(button["value"]) == form


@pytest.mark.parametrize("text", NASTY)
def test_slack_takes_all_messages_with_any_text(text: str) -> None:
    form = FilledForm(FormValues(**dict.fromkeys(ids.FIELDS, text)), COMMAND)
    cards = [
        usage_message(),
        plain_message(text),
        reopen_message(FORM_EXPIRED, form),
        reopen_message(text, form),
        message_of(NotConfirmed(text, 7), form),
    ]

    assert [faults(card.blocks) for card in cards] == [[]] * len(cards)
    assert all("<!" not in card.text for card in cards)


def test_the_usage_names_the_command_and_help() -> None:
    assert "`/weav-conversation help`" in json.dumps(usage_message().blocks)
