"""What the desk says of a submission: Weav's outcomes, and what only the desk can say."""

from dataclasses import dataclass

from bot.weav.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Queued:
    """Certainly not created yet; tried again without the author, for so many seconds in all.

    `cause` is one of `Cause`; `tried_for` is None where the row alone is known.
    """

    cause: str | None
    tried_for: float | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """No outcome within the time that Slack gives; it follows."""


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Not written down, so not begun: the form goes back to the author."""

    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """The author chose to leave a not confirmed one as it is."""


Verdict = Outcome | Queued | Pending | NotAccepted | Left


@dataclass(frozen=True, slots=True)
class SubmissionAnswer:
    """`entry_id` names the ledger's row, for the buttons of a not confirmed one; 0: no row."""

    entry_id: int
    verdict: Verdict
