"""The message shortcut and the global one."""

from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.form.from_message import form_from_message, mentions_of
from bot.form.service import Admission, FormRequest, FormService
from bot.form.values import FilledForm, FormValues, Origin
from bot.slack import ids


def register(app: AsyncApp) -> None:
    app.shortcut({"type": "message_action", "callback_id": ids.MESSAGE_SHORTCUT})(open_from_message)
    app.shortcut({"type": "shortcut", "callback_id": ids.GLOBAL_SHORTCUT})(open_new)


async def open_from_message(
    ack: AsyncAck, body: dict[str, Any], forms: FormService, admission: Admission
) -> None:
    form_request = _opening(body, form_from_message(body))
    forms.open(replace(form_request, mentions=mentions_of(body), admission=admission))
    await ack()


async def open_new(ack: AsyncAck, body: dict[str, Any], forms: FormService) -> None:
    forms.open(_opening(body, FilledForm(FormValues(), Origin(via="shortcut"))))
    await ack()


def _opening(body: dict[str, Any], form: FilledForm) -> FormRequest:
    return FormRequest(
        trigger_id=body.get("trigger_id") or "",
        form=form,
        slack_user_id=body["user"]["id"],
        response_url=body.get("response_url") or "",
        new=True,
    )
