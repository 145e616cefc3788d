"""What the author sees of an outcome: in the modal as its reply or later, or as a message."""

from typing import assert_never

from bot.form.form import Form
from bot.form.options import CREATE
from bot.form.reply import Close, MarkFields, Show, reopen_message
from bot.form.values import FilledForm
from bot.form.view import TITLE, render
from bot.labels import FIELDS
from bot.ledger import Entry, State
from bot.slack import blocks, ids
from bot.slack.blocks import Json, alert, button, footnote, sentence
from bot.slack.message import Message, escaped_text, plain_message
from bot.slack.text import channel_name, duration, fold, shorten
from bot.submissions.answers import Left, NotAccepted, Pending, Queued, SubmissionAnswer, Verdict
from bot.weav.models import Conversation, Status
from bot.weav.outcomes import SENTENCES, Cause, NotSent, Opened, Outcome, Refused, Unconfirmed

# https://docs.slack.dev/reference/views
_TITLE_LIMIT = 24


def creating_modal() -> Json:
    """Fill the time until Weav answers."""
    return _view(
        TITLE,
        sentence(":hourglass_flowing_sand: Creating the conversation in Weav…"),
        footnote("You can close this window. You will hear what became of it."),
    )


def result_modal(text: str, slack_channel_id: str = "") -> Json:
    """Say that it is done, and where its card is to be found."""
    name = channel_name(slack_channel_id)
    where = [blocks.context(blocks.mrkdwn(f"Its card goes to {name}."))] if name else []
    return _view("Weav conversation", sentence(f":white_check_mark: {text}"), *where)


def not_confirmed_modal(text: str, value: str = "") -> Json:
    """Say what is known; with a value (at most 2,000 characters) also what can be done."""
    choices = [blocks.actions(*not_confirmed_buttons(value))] if value else []
    return _view("Not confirmed", alert(text, "warning"), *choices)


def notice_modal(title: str, text: str, level: blocks.Level) -> Json:
    """Show a text under a title of at most 24 characters."""
    return _view(shorten(title, _TITLE_LIMIT), alert(text, level))


def _view(title: str, *drawn: Json) -> Json:
    return blocks.modal(title, drawn, close=blocks.plain("Close"))


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


_TWICE = blocks.confirmation(
    "Create it again?",
    "If the first one exists after all, the customer then has two.",
    confirm="Create again",
    deny="Cancel",
    style="danger",
)


def not_confirmed_message(text: str, value: str) -> Message:
    """Say outside of the modal that nothing is certain, in a plain sentence."""
    choices = blocks.actions(*not_confirmed_buttons(value))
    return Message.of(escaped_text(text), sentence(f":grey_question: {text}"), choices)


def not_confirmed_buttons(value: str) -> list[Json]:
    """Offer the three ways on; the value (at most 2,000 characters) comes back with the click."""
    return [
        button("Look again", ids.LOOK_AGAIN, value, style="primary"),
        button("Create again", ids.CREATE_AGAIN, value, style="danger", confirm=_TWICE),
        button("Leave it", ids.LEAVE, value),
    ]


def verdict_of(entry: Entry) -> Verdict | None:
    """None: somebody is still at it."""
    reason = entry.reason or ""
    match entry.state:
        case State.RECEIVED | State.SENDING:
            return None
        case State.QUEUED:
            return Queued(entry.reason_code)
        case State.OPENED | State.ANNOUNCED:
            return Opened(conversation_of(entry))
        case State.REFUSED:
            return Refused(reason, {}, 0)
        case State.UNCONFIRMED:
            return Unconfirmed(reason)
        case State.EXPIRED:
            return NotSent(reason)
        case State.LEFT:
            return Left()
        case _:
            assert_never(entry.state)


def conversation_of(entry: Entry) -> Conversation:
    """Only its id is left when the ledger has forgotten the rest."""
    return Conversation.read(entry.conversation or {"id": entry.conversation_id})


QUEUED = (
    "Weav does not answer. Your conversation is queued and will be created as soon as it does;"
    " you can close this window."
)
QUEUED_AT_BUSY = (
    f"{SENTENCES[Cause.BUSY]} Your conversation is queued and will be created as soon as it takes"
    " them; you can close this window."
)
QUEUED_UNBEGUN = (
    f"{SENTENCES[Cause.DATABASE_SLOW]} Your conversation is queued and will be created as soon as"
    " it does; you can close this window."
)
LEFT = (
    "Left as it is. Whether the conversation exists is not confirmed."
    f" {ids.COMMAND} status still has what you typed."
)
CLOSED = f"If you close this window, {ids.COMMAND} status has these buttons, too."
_SUBJECT_LIMIT = 100


def reply_to_modal(answer: SubmissionAnswer, form: FilledForm) -> Close | MarkFields | Show:
    """Answer the submission itself, while Slack waits."""
    match answer.verdict:
        case Opened():
            return Close()
        case Refused(fields=fields) if fields:
            return MarkFields(dict(fields))
        case _:
            return Show(view_of(answer, form))


def view_of(answer: SubmissionAnswer, form: FilledForm) -> Json:
    """Draw an answer in the open modal; what can be sent again comes as the filled form."""
    match answer.verdict:
        case Opened() as opened:
            return result_modal(outcome_text(opened), form.values.post_to)
        case Refused() | NotSent() | NotAccepted():
            return render(Form.of(form, text_of(answer)))
        case Unconfirmed():
            text = f"{_about(form)}{text_of(answer)} {CLOSED}"
            return not_confirmed_modal(text, str(answer.entry_id))
        case Queued():
            return notice_modal("Queued", text_of(answer), "info")
        case Pending():
            return creating_modal()
        case Left():
            return notice_modal("Not confirmed", LEFT, "warning")
        case _:
            assert_never(answer.verdict)


def message_of(answer: SubmissionAnswer, form: FilledForm, link: str = "") -> Message:
    """Say the same to an author whose modal is closed, with the way on as buttons.

    It may come among others, so it says which it is about; `link` leads to what was opened.
    """
    text = f"{_about(form)}{text_of(answer)}"
    match answer.verdict:
        case Refused() | NotSent() | NotAccepted() | Left():
            return reopen_message(text, form)
        case Unconfirmed():
            return not_confirmed_message(text, str(answer.entry_id))
        case _:
            return plain_message(text, link)


def _about(form: FilledForm) -> str:
    """Name a submission by its subject, or else by its customer; empty once both are removed."""
    values = form.values
    if subject := fold(values.subject):
        return f"“{shorten(subject, _SUBJECT_LIMIT)}”: "
    customer = form.labels.get(ids.CUSTOMER_ID) or values.customer_id.removeprefix(CREATE)
    return f"For {shorten(fold(customer), _SUBJECT_LIMIT)}: " if customer else ""


def text_of(answer: SubmissionAnswer) -> str:
    match answer.verdict:
        case Refused(fields=fields) as refused:
            named = (f"{FIELDS.get(field, field)}: {why}" for field, why in fields.items())
            return " ".join([outcome_text(refused), *named])
        case Opened() | NotSent() | Unconfirmed() as outcome:
            return outcome_text(outcome)
        case NotAccepted(reason):
            return reason
        case Queued() as queued:
            return _queued_text(queued)
        case Pending():
            return "Weav has not answered yet."
        case Left():
            return LEFT
        case _:
            assert_never(answer.verdict)


def _queued_text(queued: Queued) -> str:
    match queued.cause:
        case Cause.BUSY:
            text = QUEUED_AT_BUSY
        case Cause.DATABASE_SLOW:
            text = QUEUED_UNBEGUN
        case _:
            text = QUEUED
    within = "in time" if queued.tried_for is None else f"within {duration(queued.tried_for)}"
    return f"{text} If it cannot be created {within}, you get the filled form as a direct message."
