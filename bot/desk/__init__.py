"""The story of a submission, between Slack's words and Weav's."""

from bot.desk.announcing import Spot
from bot.desk.deciding import Choice
from bot.desk.desk import Desk
from bot.desk.opening import Opening
from bot.desk.sending import LOOKS, Patience
from bot.desk.telling import Close, MarkFields, Show, reply_to_modal

__all__ = [
    "LOOKS",
    "Choice",
    "Close",
    "Desk",
    "MarkFields",
    "Opening",
    "Patience",
    "Show",
    "Spot",
    "reply_to_modal",
]
