"""Every id that Slack sends back to us, written once; users and workflows rely on them."""

from typing import Final

COMMAND: Final = "/weav-conversation"
MESSAGE_SHORTCUT: Final = "weav_conversation_from_message"
GLOBAL_SHORTCUT: Final = "weav_conversation_new"
MODAL: Final = "weav_conversation"

# block_id and action_id of an input are its field's name: a pydantic loc is the block to mark.
CHANNEL: Final = "channel"
CUSTOMER_ID: Final = "customer_id"
SUBJECT: Final = "subject"
STATUS: Final = "status"
PRIORITY: Final = "priority"
ASSIGNEE_TYPE: Final = "assignee_type"
ASSIGNEE_ID: Final = "assignee_id"
POST_TO: Final = "post_to"

REQUEST_FIELDS: Final = (
    CHANNEL,
    CUSTOMER_ID,
    SUBJECT,
    STATUS,
    PRIORITY,
    ASSIGNEE_TYPE,
    ASSIGNEE_ID,
)
FIELDS: Final = (*REQUEST_FIELDS, POST_TO)

# The defaults of a channel; its other inputs are called like those of the form.
DEFAULTS_MODAL: Final = "weav_conversation_defaults"
COMPANY_ID: Final = "company_id"
REPLIES: Final = "replies"
FIELDS_OF_FORMS: Final = (*FIELDS, COMPANY_ID, REPLIES)

# A tick that is no part of the request, and what is only shown in the form.
ANOTHER: Final = "another"
REASON: Final = "reason"
ABOUT_MESSAGE: Final = "about_message"
DUPLICATE: Final = "duplicate"
OPEN_CONVERSATIONS: Final = "customer_conversations"

REOPEN: Final = "weav_conversation_reopen"
LOOK_AGAIN: Final = "weav_conversation_look_again"
CREATE_AGAIN: Final = "weav_conversation_create_again"
LEAVE: Final = "weav_conversation_leave"

# On the card. The block_id of its buttons also carries what it shows: see bot/card/controls.py.
CARD: Final = "weav_card"
CARD_HISTORY: Final = "weav_card_history"
ASSIGN_TO_ME: Final = "weav_conversation_assign_to_me"
CLOSE: Final = "weav_conversation_close"
OPEN_AGAIN: Final = "weav_conversation_open_again"
SET_PRIORITY: Final = "weav_conversation_set_priority"
