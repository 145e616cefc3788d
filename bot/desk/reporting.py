"""`/weav-conversation status`: what became of the author's last submissions."""

from collections.abc import Callable

from slack_sdk.models.blocks import ButtonElement

from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.slack.cards import Card
from bot.slack.choices import not_confirmed_buttons, plain_message, reopen_button
from bot.slack.reports import Line, status_message

LAST = 10

WORDS = {
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
_GIVEN_BACK = {State.REFUSED, State.EXPIRED, State.LEFT}


async def report(
    ledger: Ledger, team_id: str, slack_user_id: str, link: Callable[[str], str | None]
) -> Card:
    try:
        entries = await ledger.latest(team_id, slack_user_id, LAST)
    except LedgerUnavailable:
        return plain_message("The bot's database does not answer. Try again in a moment.")
    return status_message([_line(entry, link) for entry in entries])


def _line(entry: Entry, link: Callable[[str], str | None]) -> Line:
    why = entry.reason if entry.state in {State.REFUSED, State.EXPIRED} else None
    return Line(
        subject=entry.subject,
        state=WORDS[entry.state],
        reason=why or "",
        at=entry.received_at,
        link=(link(entry.conversation_id) or "") if entry.conversation_id else "",
        conversation_id=entry.conversation_id or "",
        ways_on=_ways_on(entry),
    )


def _ways_on(entry: Entry) -> list[ButtonElement]:
    """Give back what was typed, or let its author decide; nothing once it is removed."""
    if entry.form is None:
        return []
    if entry.state is State.UNCONFIRMED:
        return not_confirmed_buttons(str(entry.id))
    if entry.state in _GIVEN_BACK:
        return [reopen_button(entry.id)]
    return []
