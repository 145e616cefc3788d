"""`/weav-conversation status`: what became of the author's last submissions."""

from collections.abc import Callable

from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.slack.cards import Card
from bot.slack.choices import plain_message
from bot.slack.reports import Line, status_message

LAST = 10

WORDS = {
    State.RECEIVED: "being created",
    State.SENDING: "being created",
    State.OPENED: "open in Weav, its card is on the way",
    State.ANNOUNCED: "open in Weav",
    State.REFUSED: "refused",
    State.QUEUED: "queued: Weav does not answer",
    State.UNCONFIRMED: "not confirmed",
    State.EXPIRED: "not created",
    State.LEFT: "not confirmed, left as it is",
}


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
    )
