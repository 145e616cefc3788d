"""The form appears, or its user learns why not."""

from dataclasses import dataclass

from bot.logs import get_logger
from bot.slack.cards import Card
from bot.slack.choices import expired_message, reopen_message
from bot.slack.gateway import TRIGGER_GONE, Done, SlackGateway
from bot.slack.modals import conversation_modal
from bot.slack.values import Reopening

log = get_logger("weav_slack.opening")


@dataclass(frozen=True, slots=True)
class Opening:
    """`response_url` is empty for the global shortcut, which has none."""

    trigger_id: str
    form: Reopening
    slack_user_id: str
    response_url: str = ""


async def open_form(slack: SlackGateway, opening: Opening) -> None:
    """Call views.open before anything else: the trigger lives for 3 s."""
    form = opening.form
    result = await slack.open_view(opening.trigger_id, conversation_modal(form.values, form.origin))
    if isinstance(result, Done):
        return
    log.warning("form_not_opened", code=result.code)
    if result.code in TRIGGER_GONE:
        message = expired_message(form)
    else:
        message = reopen_message(f"Slack did not open the form ({result.code}).", form)
    await tell_privately(slack, message, opening.slack_user_id, opening.response_url)


async def tell_privately(
    slack: SlackGateway, message: Card, slack_user_id: str, response_url: str
) -> None:
    """Only for the user: where they are, or as a direct message."""
    if response_url and isinstance(await slack.respond(response_url, message), Done):
        return
    told = await slack.post(slack_user_id, message)
    if not isinstance(told, Done):
        log.error("user_not_reached", code=told.code)
