"""Listeners for the message shortcut and the global shortcut."""

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.form.from_message import form_from_message, mentions_of
from bot.form.service import FormRequest, FormService
from bot.form.values import FilledForm, FormValues, Origin
from bot.slack.payloads import GlobalShortcut, MessageShortcut


async def open_from_message(
    ack: AsyncAck,
    interaction: MessageShortcut,
    forms: FormService,
    identified: bool,  # noqa: FBT001 - Bolt gives it by name
) -> None:
    await ack()
    await forms.open(
        FormRequest(
            trigger_id=interaction.trigger_id,
            form=form_from_message(interaction),
            slack_user_id=interaction.slack_user_id,
            response_url=interaction.response_url,
            new=True,
            mentions=mentions_of(interaction),
            identified=identified,
        )
    )


async def open_new(ack: AsyncAck, interaction: GlobalShortcut, forms: FormService) -> None:
    await ack()
    await forms.open(
        FormRequest(
            trigger_id=interaction.trigger_id,
            form=FilledForm(FormValues(), Origin(via="shortcut")),
            slack_user_id=interaction.slack_user_id,
            new=True,
        )
    )
