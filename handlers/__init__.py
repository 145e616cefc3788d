"""Slack's side of the bot: transports, the dispatcher, and the listeners, all registered here.

Bolt answers Slack when the listener returns (`process_before_response`), so slow work goes into
tasks. A payload that opens a form is answered before its listener runs: see `Dispatcher`. Bolt
injects arguments by name, and its own names win.
"""

from slack_bolt.app.async_app import AsyncApp

from bot.slack import ids
from bot.slack.payloads import AppHomeOpened
from handlers import actions, commands, errors, events, form, shortcuts


def register(app: AsyncApp) -> None:
    """Register the listeners, the most frequent first: Bolt tries them in this order."""
    app.view(ids.MODAL)(form.submit_form)
    app.command(ids.COMMAND)(commands.run_command)
    app.options(ids.CUSTOMER_ID)(form.suggest_customers)
    app.options(ids.ASSIGNEE_ID)(form.suggest_assignees)
    for field in (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO):
        app.action(field)(form.choose)
    app.message_shortcut(ids.MESSAGE_SHORTCUT)(shortcuts.open_from_message)
    app.global_shortcut(ids.GLOBAL_SHORTCUT)(shortcuts.open_new)
    app.event(AppHomeOpened.kind)(events.show_home_tab)
    for action_id in (ids.ASSIGN_TO_ME, ids.CLOSE, ids.OPEN_AGAIN, ids.SET_PRIORITY):
        app.action(action_id)(actions.change_card)
    app.action(ids.REOPEN)(actions.reopen_form)
    for action_id in actions.CHOICES:
        app.action(action_id)(actions.decide)
    app.view(ids.DEFAULTS_MODAL)(form.save_defaults)
    app.error(errors.answer_error)
