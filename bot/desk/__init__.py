"""The story of a submission, between Slack's words and Weav's."""

from bot.desk.admission import Admission
from bot.desk.announcing import Spot
from bot.desk.deciding import Choice
from bot.desk.desk import Desk
from bot.desk.helping import FormHelp
from bot.desk.limits import Limits
from bot.desk.opening import Opening
from bot.desk.outsiders import Outsiders
from bot.desk.sending import LOOKS, SPREAD, Patience
from bot.desk.speaking import Speaker
from bot.desk.suggesting import Asking
from bot.desk.telling import Close, MarkFields, Show, reply_to_modal

__all__ = [
    "LOOKS",
    "SPREAD",
    "Admission",
    "Asking",
    "Choice",
    "Close",
    "Desk",
    "FormHelp",
    "Limits",
    "MarkFields",
    "Opening",
    "Outsiders",
    "Patience",
    "Show",
    "Speaker",
    "Spot",
    "reply_to_modal",
]
