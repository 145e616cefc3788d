"""A user of the sandbox Slack: sends what they do to the bot, and applies its answers."""

import asyncio
from collections.abc import Mapping

from bot.sandbox.slack.actions import (
    action_entry,
    find_in_message,
    find_in_view,
    pick_option,
)
from bot.sandbox.slack.answers import (
    FORM_INCOMPLETE,
    TROUBLE_CONNECTING,
    Answer,
    apply_command_answer,
    apply_submission_answer,
    close_stack,
    decoded,
    offered_options,
)
from bot.sandbox.slack.client_checks import form_problems
from bot.sandbox.slack.endpoints import (
    DISPATCH_FAILED,
    OPERATION_TIMEOUT,
    Delivery,
    Endpoint,
    Reply,
    RetryReason,
)
from bot.sandbox.slack.form_state import entry_for, picked
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.records import Trouble
from bot.sandbox.slack.views import AppHomeTab, SlackView
from bot.sandbox.slack.workspace import Workspace

COMMAND = "/weav-conversation"


class Person:
    """Without a `view_id`, methods act on the person's top modal.

    `…_delivery` methods only build a delivery; each call of `send` sends it.
    """

    def __init__(self, workspace: Workspace, slack_user_id: str, endpoint: Endpoint) -> None:
        self.workspace = workspace
        self.slack_user_id = slack_user_id
        self.endpoint = endpoint
        self.payloads = Payloads(workspace, workspace.users[slack_user_id])

    @property
    def home(self) -> SlackView:
        """The home tab; raise LookupError if the bot has not published one."""
        home = self.workspace.homes.get(self.slack_user_id)
        if home is None:
            raise LookupError(f"{self.slack_user_id} has no home tab yet")
        return home

    @property
    def view(self) -> SlackView:
        """The top modal; raise LookupError if none is open."""
        view = self.workspace.top_view(self.slack_user_id)
        if view is None:
            raise LookupError(f"{self.slack_user_id} has no modal open")
        return view

    def view_with(self, view_id: str = "") -> SlackView:
        return self.workspace.views[view_id] if view_id else self.view

    def say(self, text: str, slack_channel_id: str, thread_ts: str = "") -> str:
        """Post a message and return its ts; the bot gets no event for it."""
        message = self.workspace.add_message(
            slack_channel_id, self.slack_user_id, text, [], thread_ts=thread_ts
        )
        return message.ts

    def command_delivery(
        self, text: str, slack_channel_id: str = "C0SUPPORT", command: str = COMMAND
    ) -> Delivery:
        channel = self.workspace.channels[slack_channel_id]
        return Delivery("slash_commands", self.payloads.command(command, text, channel))

    async def command(
        self, text: str = "", slack_channel_id: str = "C0SUPPORT", command: str = COMMAND
    ) -> Answer:
        return await self.send(self.command_delivery(text, slack_channel_id, command))

    async def message_shortcut(self, callback_id: str, message_ts: str) -> Answer:
        message = self.workspace.message(message_ts)
        if message is None:
            raise LookupError(f"There is no message {message_ts}")
        payload = self.payloads.message_shortcut(callback_id, message)
        return await self.send(Delivery("interactive", payload))

    async def global_shortcut(self, callback_id: str, viewing: str = "C0SUPPORT") -> Answer:
        payload = self.payloads.global_shortcut(callback_id, viewing)
        return await self.send(Delivery("interactive", payload))

    def fill(self, values: Mapping[str, object], view_id: str = "") -> None:
        """Enter values by block_id; "" or None clears a field.

        Raise LookupError if a field or an option does not exist.
        """
        view = self.view_with(view_id)
        for block_id, value in values.items():
            element = view.block(block_id)["element"]
            action_id = element["action_id"]
            offered = [*view.offered.get(action_id, []), *picked(view.values[block_id][action_id])]
            view.values[block_id][action_id] = entry_for(element, value, offered)

    async def type_in(self, values: Mapping[str, object], view_id: str = "") -> None:
        """As `fill`, but type text into external selects and pick a suggested option."""
        view = self.view_with(view_id)
        for block_id, value in values.items():
            element = view.block(block_id)["element"]
            chosen = value
            if element["type"] == "external_select" and isinstance(value, str) and value:
                answer = await self.suggest(element["action_id"], value, view.id)
                chosen = pick_option(answer.options, value)
            self.fill({block_id: chosen}, view.id)

    def submission_delivery(self, view_id: str = "") -> Delivery:
        return Delivery("interactive", self.payloads.submission(self.view_with(view_id)))

    async def submit(self, values: Mapping[str, object] | None = None, view_id: str = "") -> Answer:
        """Enter values and submit; send nothing if Slack's client would reject the form."""
        view = self.view_with(view_id)
        await self.type_in(values or {}, view.id)
        if "submit" not in view.sent:
            raise LookupError("The view has no submit button")
        if problems := form_problems(view.blocks, view.values):
            view.errors = problems
            self.workspace.feed.publish("view_updated", view.as_json())
            return Answer(None, trouble=FORM_INCOMPLETE, errors=problems)
        return await self.send(self.submission_delivery(view.id))

    async def close(self, view_id: str = "", *, clear: bool = False) -> Answer:
        """Cancel a modal, or with `clear` close its whole stack (the ✕)."""
        view = self.view_with(view_id)
        payload = self.payloads.closed(view, is_cleared=clear)
        if clear:
            close_stack(self.workspace, view)
        else:
            self.workspace.close_view(view)
        if not view.sent.get("notify_on_close"):
            return Answer(None)
        return await self.send(Delivery("interactive", payload))

    async def suggest(self, action_id: str, query: str, view_id: str = "") -> Answer:
        """Type into an external select; the person then sees the answer's `options`."""
        view = self.view_with(view_id)
        block, element = find_in_view(view, action_id)
        if len(query) < element.get("min_query_length", 3):
            return Answer(None)
        payload = self.payloads.suggestion(view, block["block_id"], action_id, query)
        return await self.send(Delivery("interactive", payload))

    async def act(self, action_id: str, value: object = None, view_id: str = "") -> Answer:
        """Click or choose something in a modal.

        An input sends nothing unless its block has `dispatch_action`.
        """
        return await self._act(self.view_with(view_id), action_id, value)

    async def act_in_home(self, action_id: str, value: object = None, block_id: str = "") -> Answer:
        """Click or choose something in the home tab, by default in the first matching block."""
        return await self._act(self.home, action_id, value, block_id)

    async def _act(
        self, view: SlackView, action_id: str, value: object, block_id: str = ""
    ) -> Answer:
        block, element = find_in_view(view, action_id, block_id)
        if block["block_id"] in view.values:
            entry = entry_for(element, value, view.offered.get(action_id, []))
            view.values[block["block_id"]][action_id] = entry
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Answer(None)
        action = action_entry(block, element, value, view.offered.get(action_id, []))
        return await self.send(Delivery("interactive", self.payloads.action_in_view(view, action)))

    async def click(
        self, action_id: str, message_ts: str = "", value: object = None, block_id: str = ""
    ) -> Answer:
        """Click or choose something in a message, by default the latest that has the element."""
        message, block, element = find_in_message(
            self.workspace, self.slack_user_id, action_id, message_ts, block_id
        )
        action = action_entry(block, element, value)
        payload = self.payloads.action_in_message(message, {}, action)
        return await self.send(Delivery("interactive", payload))

    def home_delivery(self, tab: AppHomeTab = "home") -> Delivery:
        return Delivery("events_api", self.payloads.home_opened(tab))

    async def open_home(self, tab: AppHomeTab = "home") -> Answer:
        """Open a tab of the app; send the event only if the app has subscribed to it.

        Raise LookupError if the app has no home tab.
        """
        if tab == "home" and not self.workspace.home_tab_enabled:
            raise LookupError("The app has no home tab")
        if "app_home_opened" not in self.workspace.bot_events:
            return Answer(None)
        return await self.send_event(self.home_delivery(tab))

    async def send_event(self, delivery: Delivery) -> Answer:
        """Deliver an event; retry it while it fails (`Workspace.event_retries`).

        Slack does not show users that an event failed: https://docs.slack.dev/apis/events-api
        """
        reply = await self.endpoint.deliver(delivery)
        for seconds in self.workspace.event_retries:
            if not reply.failure:
                break
            await asyncio.sleep(seconds)
            delivery = delivery.again(_reason(reply))
            reply = await self.endpoint.deliver(delivery)
        return Answer(delivery, reply.status, decoded(reply), reply.seconds, reply.failure)

    async def send(self, delivery: Delivery) -> Answer:
        """Deliver a payload, for the first time or again, and apply the bot's answer."""
        reply = await self.endpoint.deliver(delivery)
        trouble, action = reply.failure, str(delivery.payload.get("type", "command"))
        view = self.workspace.views.get(delivery.payload.get("view", {}).get("id", ""))
        options = []
        if action == "command" and not trouble:
            trouble = apply_command_answer(self.workspace, delivery.payload, reply)
        elif action == "view_submission" and view is not None:
            trouble = self._submitted(view, reply)
        elif action == "block_suggestion" and view is not None and not trouble:
            found = offered_options(reply)
            options = found or []
            trouble = DISPATCH_FAILED if found is None else ""
            view.offered[delivery.payload["action_id"]] = options
        if trouble:
            self.workspace.record_trouble(Trouble(self.slack_user_id, action, trouble))
        errors = dict(view.errors) if view is not None else {}
        return Answer(
            delivery, reply.status, decoded(reply), reply.seconds, trouble, errors, options
        )

    def _submitted(self, view: SlackView, reply: Reply) -> str:
        """Return the error; the person sees the same text for every bad answer to a form."""
        view.errors, view.trouble = {}, ""
        if reply.failure:
            view.trouble = TROUBLE_CONNECTING
        elif view.is_open:
            view.trouble = apply_submission_answer(self.workspace, view, reply)
        if view.trouble:
            self.workspace.feed.publish("view_updated", view.as_json())
        return reply.failure or view.trouble


def _reason(failed: Reply) -> RetryReason:
    if failed.failure == OPERATION_TIMEOUT:
        return "http_timeout"
    return "http_error" if failed.status else "connection_failed"
