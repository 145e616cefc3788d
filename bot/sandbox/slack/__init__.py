"""A Slack for the sandbox: it enforces Slack's rules and sends the bot complete payloads."""

from bot.sandbox.slack.answers import FORM_INCOMPLETE, TROUBLE_CONNECTING, Answer
from bot.sandbox.slack.directory import SlackChannel, SlackUser
from bot.sandbox.slack.endpoints import (
    DISPATCH_FAILED,
    OPERATION_TIMEOUT,
    Delivery,
    Endpoint,
    HttpEndpoint,
    Reply,
)
from bot.sandbox.slack.faults import RESPONSE_URL, SlackFault, rate_limited
from bot.sandbox.slack.grid import Enterprise
from bot.sandbox.slack.messages import SlackMessage
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.records import ApiCall, Trouble
from bot.sandbox.slack.rules.surfaces import (
    check_home,
    check_message,
    check_view,
    home_problems,
    view_problems,
)
from bot.sandbox.slack.sandbox import SlackSandbox
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.views import SlackView
from bot.sandbox.slack.workspace import Workspace

__all__ = [
    "DISPATCH_FAILED",
    "FORM_INCOMPLETE",
    "OPERATION_TIMEOUT",
    "RESPONSE_URL",
    "TROUBLE_CONNECTING",
    "Answer",
    "ApiCall",
    "Delivery",
    "Endpoint",
    "Enterprise",
    "HttpEndpoint",
    "Person",
    "Reply",
    "SlackChannel",
    "SlackFault",
    "SlackMessage",
    "SlackSandbox",
    "SlackUser",
    "SlackView",
    "SocketMode",
    "Trouble",
    "Workspace",
    "check_home",
    "check_message",
    "check_view",
    "home_problems",
    "rate_limited",
    "view_problems",
]
