"""Every id that Slack sends back to us; do not change them, since open forms and cards use them."""

from typing import Final

COMMAND: Final = "/weav-conversation"
MESSAGE_SHORTCUT: Final = "weav_conversation_from_message"
GLOBAL_SHORTCUT: Final = "weav_conversation_new"
MODAL: Final = "weav_conversation"

# An input's block_id and action_id are its field's name, so a pydantic `loc` names the block.
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

# The modal for a channel's defaults; its other inputs have the same ids as the form's.
DEFAULTS_MODAL: Final = "weav_conversation_defaults"
COMPANY_ID: Final = "company_id"
REPLIES: Final = "replies"
FIELDS_OF_FORMS: Final = (*FIELDS, COMPANY_ID, REPLIES)

# A checkbox that is not part of the request, and blocks that only show something.
ANOTHER: Final = "another"
REASON: Final = "reason"
ABOUT_MESSAGE: Final = "about_message"
DUPLICATE: Final = "duplicate"
OPEN_CONVERSATIONS: Final = "customer_conversations"

REOPEN: Final = "weav_conversation_reopen"
LOOK_AGAIN: Final = "weav_conversation_look_again"
CREATE_AGAIN: Final = "weav_conversation_create_again"
LEAVE: Final = "weav_conversation_leave"

# On the card. The block_id of its buttons also carries its contents: see bot/card/controls.py.
CARD: Final = "weav_card"
CARD_HISTORY: Final = "weav_card_history"
ASSIGN_TO_ME: Final = "weav_conversation_assign_to_me"
CLOSE: Final = "weav_conversation_close"
OPEN_AGAIN: Final = "weav_conversation_open_again"
SET_PRIORITY: Final = "weav_conversation_set_priority"
