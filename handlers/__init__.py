"""Slack rings, we answer: each module registers its listeners.

A listener does what the answer needs and returns, since Bolt sends the answer only then
(`process_before_response`); whatever is slower is the desk's. What opens a form is answered before
its listener runs: see the doorbell. Bolt gives arguments by name.
"""

from slack_bolt.app.async_app import AsyncApp

from handlers import actions, cards, commands, errors, filling, shortcuts, views


def register(app: AsyncApp) -> None:
    for module in (commands, shortcuts, views, filling, actions, cards, errors):
        module.register(app)
