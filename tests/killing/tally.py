"""Counts what became of every submission, from Slack and Weav instead of the bot's database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from bot.ledger import State
from tests.harness import text_on
from tests.killing.service import number_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.ledger import Entry
    from bot.sandbox.slack import SlackView
    from tests.killing.service import Case, Service


@dataclass(slots=True)
class Tally:
    """Lists hold case numbers.

    `lost`: accepted, but neither created nor reported to the author. `untold`: no card, nothing in
    the modal, no message. `repeated`: a POST that may have arrived was sent again unasked.
    `not_accepted`: killed before the row was written, so Slack kept the form; submitted again at
    the end. `given_up`: likewise, but its author closed the form.
    """

    kills: int = 0
    submissions: int = 0
    conversations: int = 0
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    untold: list[int] = field(default_factory=list)
    without_card: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    not_confirmed: list[int] = field(default_factory=list)
    cards_twice: int = 0
    not_accepted: int = 0
    given_up: int = 0
    stories: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __str__(self) -> str:
        counts = ((f.name, getattr(self, f.name)) for f in fields(self))
        return ", ".join(
            f"{name.replace('_', ' ')} {len(value) if isinstance(value, list) else value}"
            for name, value in counts
            if name != "stories"
        )

    @property
    def harm(self) -> list[int]:
        return self.lost + self.doubled + self.untold + self.without_card + self.repeated


def count(service: Service, rows: Mapping[int, Entry]) -> Tally:
    cases = service.given_out
    made = Counter(number_in(each["subject"]) for each in service.weav.conversations)
    cards = service.cards()
    # An error from Slack and no row: the form is still there, and nothing was promised.
    accepted = [case for case in cases if case.number in rows or not case.cut]
    words = {case.number for case in accepted if _final(case.view)} | _in_messages(service, rows)
    numbers = [case.number for case in accepted]
    return Tally(
        submissions=len(cases),
        conversations=len(service.weav.conversations),
        lost=[n for n in numbers if not made[n] and n not in words],
        doubled=[n for n in numbers if made[n] > 1],
        untold=[n for n in numbers if n not in words and not cards[n]],
        without_card=[n for n in numbers if made[n] and not cards[n]],
        repeated=_repeated(service),
        not_confirmed=[n for n in numbers if n in rows and rows[n].state is State.UNCONFIRMED],
        cards_twice=sum(many - 1 for many in cards.values()),
        given_up=len(cases) - len(accepted),
    )


def _story(case: Case, row: Entry | None) -> str:
    """Describe a case that came to harm, for debugging."""
    state = f"{row.state}, told {row.told}, attempts {row.attempts}" if row else "no row"
    seen = text_on(case.view).replace("\n", " ")[:120]
    view = f"{'open' if case.view.is_open else 'closed'} after {case.view.updates} updates"
    got = f"{case.answer.trouble} after {case.answer.seconds:.1f} s" if case.answer else "nothing"
    return f"Case {case.number}: {state}; answer {got}; view {view}: {seen}"


async def final_tally(service: Service, kills: int) -> Tally:
    """Wait until everything has ended, including what authors can do, and count."""
    not_accepted = await service.submit_what_was_not_accepted()
    rows = await service.settled()
    tally = count(service, rows)
    tally.kills, tally.not_accepted = kills, not_accepted
    if not tally.harm:
        await service.create_again(tally.not_confirmed, rows)
        rows = await service.settled()
        after = count(service, rows)
        tally.conversations = after.conversations
        tally.doubled = after.doubled
        tally.without_card = after.without_card
        tally.lost = after.lost + after.not_confirmed
    tally.stories = [_story(service.cases[number], rows.get(number)) for number in tally.harm]
    return tally


def _repeated(service: Service) -> list[int]:
    """Numbers with two POSTs that may have created something; a refused form may be resent."""
    posts = Counter(
        number_in(request.json["subject"])
        for request in service.weav.creations
        if request.status not in {422, 503}
    )
    return [number for number, many in posts.items() if many > 1]


def _final(view: SlackView) -> bool:
    """Whether the view says how the submission ended, other than by closing."""
    says = text_on(view)
    return (
        bool(view.errors)
        or "may have been created or not" in says
        or "is open in Weav" in says
        or (view.blocks[0]["type"] == "alert" and "submit" in view.sent)
    )


def _in_messages(service: Service, rows: Mapping[int, Entry]) -> set[int]:
    """The cases that direct messages are about, according to their buttons."""
    of_row = {str(row.id): number for number, row in rows.items()}
    told: set[int] = set()
    for person in service.people:
        channel = service.slack.direct_messages(person.slack_user_id).id
        for message in service.slack.from_bot(channel):
            for block in message.blocks:
                for button in block.get("elements", []):
                    value = str(button.get("value", ""))
                    told |= {of_row.get(value, number_in(value))} - {-1}
    return told
