"""Messages and buttons that leave the next step to the author."""

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    PlainTextObject,
    SectionBlock,
)

from bot.slack import ids
from bot.slack.cards import Card, card
from bot.slack.elements import SECTION_LIMIT, button, link, mrkdwn, sentence
from bot.slack.fitting import TEXT_LIMIT
from bot.slack.text import escape, shorten
from bot.slack.values import Reopening

_EXPIRED = "Slack took too long to open the form. Nothing is lost: open it here."


_TWICE = ConfirmObject(
    title=PlainTextObject(text="Create it again?"),
    text=PlainTextObject(text="If the first one exists after all, the customer then has two."),
    confirm=PlainTextObject(text="Create again"),
    deny=PlainTextObject(text="Cancel"),
    style="danger",
)


def expired_message(form: Reopening) -> Card:
    """Offer the form again when its trigger ran out before `views.open`."""
    return reopen_message(_EXPIRED, form)


def reopen_message(text: str, form: Reopening) -> Card:
    """Give a form back with a plain sentence on what happened; the button makes a new trigger."""
    actions = ActionsBlock(elements=[reopen_button(form, "primary")])
    return card(_said(text), sentence(text), actions)


def reopen_button(form: Reopening | int, style: str | None = None) -> ButtonElement:
    """Carry the form, or where ten of them would be too much the ID of the row that has it."""
    value = str(form) if isinstance(form, int) else form.to_value()
    return button("Open the form", ids.REOPEN, value, style)


def not_confirmed_message(text: str, value: str) -> Card:
    """Say outside of the modal that nothing is certain, in a plain sentence."""
    choices = ActionsBlock(elements=not_confirmed_buttons(value))
    return card(_said(text), sentence(f":grey_question: {text}"), choices)


def not_confirmed_buttons(value: str) -> list[ButtonElement]:
    """Offer the three ways on; the value (at most 2,000 characters) comes back with the click."""
    return [
        button("Look again", ids.LOOK_AGAIN, value, "primary"),
        button("Create again", ids.CREATE_AGAIN, value, "danger", _TWICE),
        button("Leave it", ids.LEAVE, value),
    ]


def plain_message(text: str, url: str = "") -> Card:
    """Say a plain sentence; `url` leads to the conversation in Weav."""
    leads = link(url, "Open in Weav")
    where = ContextBlock(elements=[mrkdwn(leads)]) if leads.startswith("<") else None
    return card(_said(text), sentence(text), where)


def _said(text: str) -> str:
    """Write as much of a plain text as the top-level text takes: escaping makes it longer."""
    whole = escape(shorten(text, SECTION_LIMIT))
    return whole if len(whole) <= TEXT_LIMIT else escape(shorten(text, TEXT_LIMIT // 5))


def usage_message() -> Card:
    """Answer `help`."""
    command = ids.COMMAND
    usage = (
        f"*`{command}`* opens a form; what you fill in becomes a conversation in Weav, and a"
        " summary is posted where you say.\n"
        "Words after it fill the form in:\n"
        f"• `{command} email urgent Export hangs`: channel, priority, and the rest is the subject\n"
        f"• `{command} chat 3c90c3cc-0d44-4b50-8888-8dd25736052a`: a customer's ID, or a link to"
        " the customer\n"
        f"• `{command} status`: what became of your last ten\n"
        f"• `{command} defaults`: what forms opened from this channel begin with\n"
        f"• `{command} me UUID`: who you are in Weav, so that you can be chosen as assignee\n"
        f"• `{command} help`: this text\n"
        "From a message: its menu → *Open Weav conversation*. From anywhere: the shortcut *New"
        " Weav conversation*."
    )
    return card(usage, SectionBlock(text=mrkdwn(usage)))
