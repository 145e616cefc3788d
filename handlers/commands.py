"""`/weav-conversation` and the words after it."""

from collections.abc import Awaitable, Callable
from typing import assert_never

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.access.refusals import admins_only
from bot.form.service import FormRequest, FormService
from bot.form.values import FilledForm, FormValues, Origin
from bot.home.service import HomeService
from bot.ledger import WeavUser
from bot.slack import ids
from bot.slack.blocks import Message, mrkdwn, plain_message, section
from bot.slack.notifier import Notifier
from bot.slack.payloads import SlashCommand
from bot.submissions.service import SubmissionService
from handlers.command_text import OpenForm, SetWeavUser, Subcommand, Words


def usage_message(*, for_admin: bool = False) -> Message:
    """Answer `help`."""
    command = ids.COMMAND
    check = f"• `{command} check`: what is wrong with this installation\n" if for_admin else ""
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
        f"{check}"
        f"• `{command} help`: this text\n"
        "From a message: its menu → *Open Weav conversation*. From anywhere: the shortcut *New"
        " Weav conversation*."
    )
    return Message.of(usage, section(mrkdwn(usage)))


class Diagnosis:
    def __init__(
        self,
        admins: frozenset[str],
        examine: Callable[[], Awaitable[Message]] | None,
        notifier: Notifier,
    ) -> None:
        """`examine` takes as long as Slack and Weav do: seconds, or WEAV_TIMEOUT.

        None where there are no admins.
        """
        self._admins = admins
        self._examine = examine
        self._notifier = notifier

    def is_for(self, slack_user_id: str) -> bool:
        return slack_user_id in self._admins

    async def answer(self, ack: AsyncAck, asked: SlashCommand) -> None:
        if self._examine is None or not self.is_for(asked.slack_user_id):
            await ack(response_type="ephemeral", text=admins_only(self._admins))
            return
        self._notifier.tell_when_known(self._examine(), asked.slack_user_id, asked.response_url)
        await ack(response_type="ephemeral", text="Checking this installation…")


async def run_command(
    ack: AsyncAck,
    interaction: SlashCommand,
    words: Words,
    forms: FormService,
    submissions: SubmissionService,
    home: HomeService,
    diagnosis: Diagnosis,
    known: bool,  # noqa: FBT001 - Bolt gives it by name
) -> None:
    author = interaction.slack_user_id
    match words:
        case Subcommand.HELP:
            await _answer(ack, usage_message(for_admin=diagnosis.is_for(author)))
        case Subcommand.STATUS:
            await _answer(ack, await submissions.status(interaction.team_id, author))
        case Subcommand.CHECK:
            await diagnosis.answer(ack, interaction)
        case SetWeavUser(weav_user_id):
            user = WeavUser(author, weav_user_id, interaction.user_name or author)
            await _answer(ack, plain_message(await forms.link_weav_user(user)))
            home.changed(author)
        case Subcommand.DEFAULTS:
            await ack()
            await forms.open_defaults(_form_request(interaction, FormValues(), known=known))
        case OpenForm(values):
            await ack()
            await forms.open(_form_request(interaction, values, known=known))
        case _:
            assert_never(words)


def _form_request(asked: SlashCommand, values: FormValues, *, known: bool) -> FormRequest:
    origin = Origin(via="command", slack_channel_id=asked.channel_id)
    return FormRequest(
        trigger_id=asked.trigger_id,
        form=FilledForm(values, origin),
        slack_user_id=asked.slack_user_id,
        response_url=asked.response_url,
        new=True,
        known=known,
    )


async def _answer(ack: AsyncAck, answer: Message) -> None:
    await ack(response_type="ephemeral", text=answer.text, blocks=answer.blocks)
