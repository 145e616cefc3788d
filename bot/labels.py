"""Labels for Weav's fields and values, for the form, the card and the home tab."""

from typing import Final

from bot.ledger import State
from bot.weav.models import DELETED

FIELDS: Final = {
    "customer_id": "Customer",
    "channel": "Channel",
    "subject": "Subject",
    "priority": "Priority",
    "status": "Status",
    "assignee_type": "Assign to",
    "assignee_id": "Assignee",
    "post_to": "Post the summary to",
    "company_id": "Company",
    "replies": "When the customer replies",
    "another": "Another conversation?",
}
# Keys are Weav's values, in the order in which the form offers them.
CHANNELS: Final = {"email": "Email", "chat": "Chat"}
PRIORITIES: Final = {"urgent": "Urgent", "high": "High", "normal": "Normal", "low": "Low"}
STATUSES: Final = {"open": "Open", "closed": "Closed"}
STATUSES_SHOWN: Final = {**STATUSES, DELETED: "Deleted"}
# What a card's thread is told of a customer's reply; the first is the default.
REPLIES: Final = {
    "notice": "Post a note in the card's thread",
    "text": "Post a note with the first 300 characters",
    "off": "Post nothing",
}
ASSIGNEE_TYPES: Final = {"user": "A person", "agent": "An AI agent"}
UNASSIGNED: Final = "Unassigned"
EMOJI: Final = {
    "email": ":email:",
    "chat": ":speech_balloon:",
    "urgent": ":red_circle:",
    "high": ":large_orange_circle:",
    "normal": ":large_blue_circle:",
    "low": ":white_circle:",
    "open": ":large_green_circle:",
    "closed": ":white_check_mark:",
    DELETED: ":wastebasket:",
    "user": ":bust_in_silhouette:",
    "agent": ":robot_face:",
}
STATES = {
    State.RECEIVED: "being created",
    State.SENDING: "being created",
    State.OPENED: "created, its card is on the way",
    State.ANNOUNCED: "created",
    State.REFUSED: "refused",
    State.QUEUED: "queued: not created yet",
    State.UNCONFIRMED: "not confirmed",
    State.EXPIRED: "not created",
    State.LEFT: "not confirmed, left as it is",
}
