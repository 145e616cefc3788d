"""What a select's question tells of the form that it stands in.

A `block_suggestion` carries the blocks as the bot drew them last, but not what was chosen since:
its state is empty or older (https://github.com/slackapi/bolt-js/issues/660 and 1146). So the blocks
come first; a choice that the bot answers by drawing the form anew is in them.
"""

from bot.slack import ids
from bot.slack.forms import values_of
from bot.slack.payloads import at, list_at, text_at
from bot.slack.values import Origin


def assignee_kind(view: object) -> str:
    """Say for whom the picker is drawn: both are always drawn together."""
    drawn = _drawn(view, ids.ASSIGNEE_TYPE, "initial_option", "value")
    return drawn or values_of(view).assignee_type


def slack_channel_of(view: object) -> str:
    """Give the channel that the form came from, or else the one that its summary goes to."""
    return (
        Origin.load(at(view, "private_metadata")).slack_channel_id
        or _drawn(view, ids.POST_TO, "initial_conversation")
        or values_of(view).post_to
    )


def _drawn(view: object, field: str, *path: str) -> str:
    for block in list_at(view, "blocks"):
        if text_at(block, "block_id") == field:
            return text_at(block, "element", *path)
    return ""
