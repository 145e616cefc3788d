"""Listeners for the message shortcut and the global shortcut."""

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.form.from_message import form_from_message, mentions_of
from bot.form.service import FormRequest, FormService
from bot.form.values import FilledForm
from bot.slack.payloads import GlobalShortcut, MessageShortcut


async def open_from_message(
    ack: AsyncAck,
    interaction: MessageShortcut,
    forms: FormService,
    identified: bool,  # noqa: FBT001 - Bolt gives it by name
) -> None:
    await ack()
    form, mentions = form_from_message(interaction), mentions_of(interaction)
    await forms.open(
        FormRequest(interaction, form, new=True, mentions=mentions, identified=identified)
    )


async def open_new(ack: AsyncAck, interaction: GlobalShortcut, forms: FormService) -> None:
    await ack()
    await forms.open(FormRequest(interaction, FilledForm(), new=True))
