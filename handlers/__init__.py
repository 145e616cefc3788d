"""Slack rings, we answer: each module registers its listeners.

A listener does what the answer needs and returns, since Bolt sends the answer only then
(`process_before_response`); whatever is slower is the desk's. What opens a form is answered before
its listener runs: see the doorbell. Bolt gives arguments by name.
"""

from slack_bolt.app.async_app import AsyncApp

from handlers import actions, commands, errors, form, shortcuts


def register(app: AsyncApp) -> None:
    for module in (commands, shortcuts, form, actions, errors):
        module.register(app)
