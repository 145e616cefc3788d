"""The modals: the form, and what becomes of it.

Texts given to them are plain text: nothing in them formats, mentions or links.
"""

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    DividerBlock,
)

from bot.slack import ids
from bot.slack.already import already_blocks
from bot.slack.around import NOTHING_KNOWN, Around
from bot.slack.blocks import Json, modal, plain
from bot.slack.choices import not_confirmed_buttons
from bot.slack.elements import channel_name, footnote, link, mrkdwn, sentence
from bot.slack.inputs import inputs
from bot.slack.problems import SUBJECT_LIMIT
from bot.slack.text import shorten
from bot.slack.values import FormValues, Origin

_TITLE = "New Weav conversation"
# https://docs.slack.dev/reference/views
_TITLE_LIMIT = 24


def conversation_modal(
    values: FormValues, origin: Origin, *, notice: str = "", around: Around = NOTHING_KNOWN
) -> Json:
    """Draw the form, filled in; the notice says on top why it is here again."""
    blocks: list[Block] = []
    if notice:
        blocks += [sentence(f":warning: {notice}"), DividerBlock()]
    if origin.via == "message":
        blocks.append(_about_the_message(origin))
    if around.already:
        blocks += already_blocks(around.already)
    return modal(
        _TITLE,
        [*blocks, *inputs(values, around)],
        callback_id=ids.MODAL,
        submit=plain("Open conversation"),
        close=plain("Cancel"),
        private_metadata=origin.dump(),
    )


def creating_modal() -> Json:
    """Fill the time until Weav answers."""
    return _view(
        _TITLE,
        sentence(":hourglass_flowing_sand: Creating the conversation in Weav…"),
        footnote("You can close this window. You will hear what became of it."),
    )


def result_modal(text: str, slack_channel_id: str = "") -> Json:
    """Say that it is done, and where its card is to be found."""
    name = channel_name(slack_channel_id)
    where = [ContextBlock(elements=[mrkdwn(f"Its card goes to {name}.")])] if name else []
    return _view("Weav conversation", sentence(f":white_check_mark: {text}"), *where)


def not_confirmed_modal(text: str, value: str = "") -> Json:
    """Say what is known; with a value (at most 2,000 characters) also what can be done."""
    choices = [ActionsBlock(elements=not_confirmed_buttons(value))] if value else []
    return _view("Not confirmed", sentence(f":grey_question: {text}"), *choices)


def notice_modal(title: str, text: str) -> Json:
    """Show a text under a title of at most 24 characters."""
    return _view(shorten(title, _TITLE_LIMIT), sentence(text))


def _view(title: str, *blocks: Block) -> Json:
    return modal(title, blocks, close=plain("Close"))


def _about_the_message(origin: Origin) -> Block:
    name = channel_name(origin.slack_channel_id)
    where = f" in {name}" if name else ""
    about = f":speech_balloon: About {link(origin.message_link, 'a message')}{where}."
    if origin.shortened:
        about += f" Its first {SUBJECT_LIMIT} characters are the subject; it goes on after them."
    return ContextBlock(elements=[mrkdwn(about)])
