"""The form appears, or its user learns why not."""

from dataclasses import dataclass, replace

from bot.desk.admission import ADMITTED, Admission
from bot.desk.helping import FormHelp
from bot.desk.papers import Papers
from bot.desk.preparing import Draft
from bot.ledger import Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack.cards import Card
from bot.slack.choices import expired_message, plain_message, reopen_message
from bot.slack.gateway import TRIGGER_GONE, Done, SlackGateway
from bot.slack.mentions import NONE, Mentions
from bot.slack.modals import conversation_modal
from bot.slack.values import Reopening

log = get_logger("weav_slack.opening")

NOT_READ = "The bot's database does not answer, so the form cannot be opened now. Try again soon."
NOT_KEPT = "The bot no longer has what you typed, so it cannot open that form again."


@dataclass(frozen=True, slots=True)
class Opening:
    """`response_url` is empty for the global shortcut, which has none.

    `new`: not a form that comes back, so that defaults and what a message names may fill it in.
    `admission`: the guard lets a form open before it knows its user, and says so afterwards.
    """

    trigger_id: str
    form: Reopening
    slack_user_id: str
    response_url: str = ""
    new: bool = False
    mentions: Mentions = NONE
    admission: Admission = ADMITTED


async def open_form(slack: SlackGateway, form_help: FormHelp, opening: Opening) -> None:
    """Call views.open before anything but our database: the trigger lives for 3 s."""
    draft = Draft(opening.form, opening.new, opening.mentions)
    draft = await form_help.prepare(draft, known=opening.admission.known())
    form = draft.form
    modal = conversation_modal(form.values, form.origin, around=draft.around)
    result = await slack.open_view(opening.trigger_id, modal)
    if isinstance(result, Done):
        await form_help.complete(result.view, draft, opening.admission.let_in)
        return
    log.warning("form_not_opened", code=result.code)
    if result.code in TRIGGER_GONE:
        message = expired_message(form)
    else:
        message = reopen_message(f"Slack did not open the form ({result.code}).", form)
    await tell_privately(slack, message, opening.slack_user_id, opening.response_url)


async def open_kept(
    ledger: Ledger, slack: SlackGateway, form_help: FormHelp, entry_id: int, opening: Opening
) -> None:
    """Open what the ledger keeps of a submission, for its author alone."""
    try:
        entry = await ledger.get(entry_id)
    except LedgerUnavailable as error:
        log.warning("form_not_read", entry=entry_id, error=str(error))
        why = NOT_READ
    else:
        if entry and entry.form is not None and entry.slack_user_id == opening.slack_user_id:
            form = Papers.read(entry.form).reopening.at_origin()
            await open_form(slack, form_help, replace(opening, form=form))
            return
        why = NOT_KEPT
    await tell_privately(slack, plain_message(why), opening.slack_user_id, opening.response_url)


async def open_defaults(slack: SlackGateway, form_help: FormHelp, opening: Opening) -> None:
    slack_channel_id = opening.form.origin.slack_channel_id
    if message := await form_help.open_defaults(opening.trigger_id, slack_channel_id):
        await tell_privately(slack, message, opening.slack_user_id, opening.response_url)


async def tell_privately(
    slack: SlackGateway, message: Card, slack_user_id: str, response_url: str
) -> None:
    """Only for the user: where they are, or as a direct message."""
    if response_url and isinstance(await slack.respond(response_url, message), Done):
        return
    told = await slack.message(slack_user_id, message)
    if not isinstance(told, Done):
        log.error("user_not_reached", code=told.code)
