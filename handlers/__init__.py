"""Slack's side of the bot: transports, the dispatcher, and the listeners, which register here.

A listener does what the answer needs and returns, since Bolt sends the answer only then
(`process_before_response`); whatever is slower goes into tasks. What opens a form is answered
before its listener runs: see `Dispatcher`. Bolt gives arguments by name, and its own names win.
"""

from slack_bolt.app.async_app import AsyncApp

from handlers import actions, commands, errors, form, shortcuts


def register(app: AsyncApp) -> None:
    for module in (commands, shortcuts, form, actions, errors):
        module.register(app)
