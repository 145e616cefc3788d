"""`/weav-conversation` and the words after it."""

from typing import assert_never

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.access.refusals import admins_only
from bot.form.service import FormRequest, FormService
from bot.form.values import FilledForm, Origin
from bot.home.diagnosis import Diagnosis
from bot.home.service import HomeService
from bot.home.tab import CHECKING
from bot.ledger import WeavUser
from bot.slack import ids
from bot.slack.blocks import Message, mrkdwn, plain_message, section
from bot.slack.notifier import Notifier
from bot.slack.payloads import SlashCommand
from handlers.command_text import OpenForm, ParsedCommand, SetWeavUser, Subcommand


def usage_message(*, for_admin: bool = False) -> Message:
    """Answer `help`."""
    command = ids.COMMAND
    check = f"• `{command} check`: what is wrong with this installation\n" if for_admin else ""
    usage = (
        f"*`{command}`* opens a form; what you fill in becomes a conversation in Weav, and a"
        " summary is posted where you say.\n"
        "Add words to fill in the form:\n"
        f"• `{command} email urgent Export hangs`: channel, priority, and the rest is the subject\n"
        f"• `{command} chat 3c90c3cc-0d44-4b50-8888-8dd25736052a`: a customer's ID, or a link to"
        " the customer\n"
        f"• `{command} status`: what happened to your last ten submissions\n"
        f"• `{command} defaults`: the values that forms from this channel start with\n"
        f"• `{command} me UUID`: who you are in Weav, so that you can be chosen as assignee\n"
        f"{check}"
        f"• `{command} help`: this text\n"
        "From a message: its menu → *Open Weav conversation*. From anywhere: the shortcut *New"
        " Weav conversation*."
    )
    return Message.of(usage, section(mrkdwn(usage)))


async def run_command(
    ack: AsyncAck,
    interaction: SlashCommand,
    parsed: ParsedCommand,
    forms: FormService,
    home: HomeService,
    diagnosis: Diagnosis | None,
    notifier: Notifier,
    identified: bool,  # noqa: FBT001 - Bolt gives it by name
) -> None:
    author = interaction.slack_user_id
    admins = diagnosis.admins if diagnosis else ()
    match parsed:
        case Subcommand.HELP:
            await _answer(ack, usage_message(for_admin=author in admins))
        case Subcommand.STATUS:
            await _answer(ack, await home.status(interaction.team_id, author))
        case Subcommand.CHECK if diagnosis and author in admins:
            notifier.tell_when_known(diagnosis.check(), author, interaction.response_url)
            await ack(response_type="ephemeral", text=CHECKING)
        case Subcommand.CHECK:
            await ack(response_type="ephemeral", text=admins_only(admins))
        case SetWeavUser(weav_user_id):
            user = WeavUser(author, weav_user_id, interaction.user_name or author)
            await _answer(ack, plain_message(await forms.link_weav_user(user)))
            home.changed(author)
        case Subcommand.DEFAULTS:
            await ack()
            await forms.open_defaults(interaction)
        case OpenForm(values):
            await ack()
            form = FilledForm(
                values, Origin(via="command", slack_channel_id=interaction.channel_id)
            )
            await forms.open(FormRequest(interaction, form, new=True, identified=identified))
        case _:
            assert_never(parsed)


async def _answer(ack: AsyncAck, answer: Message) -> None:
    await ack(response_type="ephemeral", text=answer.text, blocks=answer.blocks)
