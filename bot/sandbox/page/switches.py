"""The page's switches, and the faults that they inject."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox import slack, weav
from bot.sandbox.page.stoppable import StoppableServer
from bot.sandbox.slack.directory import Kind
from bot.sandbox.weav.webhooks import Shape, Signature

Weav = Literal[
    "works", "down", "field", "unauthorised", "forbidden", "limited", "lost_answer", "lost_request"
]
RequestField = Literal[
    "customer_id", "channel", "subject", "status", "priority", "assignee_type", "assignee_id"
]
_RETRY_AFTER = "5"


class Switches(BaseModel):
    """`slow`: seconds before each of Weav's answers; `field`: what `weav="field"` rejects.

    `webhook_…`: see `WebhookOptions`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weav: Weav = "works"
    slow: Annotated[float, Field(ge=0, le=60)] = 0.0
    field: RequestField = "customer_id"
    refuse_posts: bool = False
    refuse_response_urls: bool = False
    webhook_signature: Signature = Signature.HEX
    webhook_shape: Shape = Shape.NESTED
    webhook_late: Annotated[float, Field(ge=0, le=600)] = 0.0
    webhook_twice: bool = False
    webhook_reversed: bool = False


class SwitchBoard:
    """The current switches; in the page's sandbox, nothing else injects faults."""

    def __init__(
        self, workspace: slack.Workspace, weav_sandbox: weav.WeavSandbox, server: StoppableServer
    ) -> None:
        self.switches = Switches()
        self._workspace = workspace
        self._weav = weav_sandbox
        self._server = server
        self._applying = asyncio.Lock()

    async def apply(self, switches: Switches) -> None:
        """Raise OSError if Weav cannot start again, because its port was taken."""
        async with self._applying:
            self._weav.faults.clear()
            for fault in _of_weav(switches):
                self._weav.fail(fault)
            self._workspace.faults.clear()
            for slack_fault in _of_slack(switches, self._workspace):
                self._workspace.faults.add(slack_fault)
            self._weav.webhooks.options = replace(
                self._weav.webhooks.options,
                signature=switches.webhook_signature,
                shape=switches.webhook_shape,
                late=switches.webhook_late,
                twice=switches.webhook_twice,
                reversed=switches.webhook_reversed,
            )
            await (self._server.close() if switches.weav == "down" else self._server.open())
            self.switches = switches
            self._workspace.feed.publish("switches", switches.model_dump())


def _of_weav(switches: Switches) -> Iterator[weav.WeavFault]:
    slow = switches.slow
    match switches.weav:
        case "field":
            words = switches.field.replace("_", " ")
            errors: dict[str, list[str]] = {switches.field: [f"The selected {words} is invalid."]}
            path = "/conversations"
            yield weav.WeavFault.refusal(errors, method="POST", path=path, delay=slow)
        case "unauthorised":
            yield weav.WeavFault(status=401, delay=slow)
        case "forbidden":
            yield weav.WeavFault(status=403, delay=slow)
        case "limited":
            yield weav.WeavFault.rate_limit(_RETRY_AFTER, delay=slow)
        case "lost_answer":
            yield weav.WeavFault.lost_answer(method="POST", delay=slow)
        case "lost_request":
            yield weav.WeavFault.lost_request(method="POST", delay=slow)
        case "works" | "down":
            pass
    if slow:
        yield weav.WeavFault(delay=slow)


def _of_slack(switches: Switches, workspace: slack.Workspace) -> Iterator[slack.SlackFault]:
    """Direct messages still arrive, because they are the bot's last resort for a card."""
    if switches.refuse_posts:
        for channel in workspace.channels.values():
            if channel.kind is not Kind.IM:
                where = {"channel": channel.id}
                yield slack.SlackFault(
                    "chat.postMessage", "not_in_channel", times=None, where=where
                )
    if switches.refuse_response_urls:
        yield slack.SlackFault(slack.RESPONSE_URL, "expired_url", status=404, times=None)
