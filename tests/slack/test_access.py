"""The rule of who may, as a table."""

import pytest

from bot.sandbox.slack.rules.surfaces import check_message
from bot.slack.access import Access, Barred, Visitor, barred
from bot.slack.offers import NOTHING, options
from bot.slack.refusals import (
    admins_only,
    post_to_message,
    refusal_message,
    refusal_offer,
    refusal_text,
    refusal_under_field,
)

HOME = "T0HOME"


def ids(*several: str) -> frozenset[str]:
    return frozenset(several)


ANN = Visitor("U0ANN", HOME, HOME, guest=False, slack_channel_id="C0ONE")
UNTOLD = Visitor("U0ANN", HOME, HOME, slack_channel_id="C0ONE")
CAT = Visitor("U0CAT", HOME, HOME, guest=True, slack_channel_id="C0ONE")
EVE = Visitor("U0EVE", "T0OTHER", HOME, guest=False, slack_channel_id="C0ONE")
STRANGER = Visitor("U0EVE", "", HOME, stranger=True, slack_channel_id="C0ONE")
SOMEWHERE = Visitor("U0ANN", HOME, "", slack_channel_id="C0ONE")
NOWHERE = Visitor("U0ANN", HOME, HOME)

# Enterprise Grid: two workspaces of ours, and somebody else's organisation
ORG = "E0ORG"
DAN = Visitor("U0DAN", ORG, HOME, ORG, ORG, guest=False)
SUE = Visitor("U0SUE", "T0SISTER", HOME, ORG, ORG, ids("T0SISTER"), guest=False)
LOU = Visitor("U0LOU", "T0SISTER", HOME, ORG, ORG, ids("T0SISTER", HOME), guest=False)
FAR = Visitor("U0FAR", "T0SISTER", HOME, ORG, ORG, stranger=True)
UNASKED = Visitor("U0SUE", "T0SISTER", HOME, "", ORG)
INA = Visitor("U0INA", HOME, HOME, "", ORG)
ODA = Visitor("U0ODA", "E0OTHER", HOME, "E0OTHER", ORG)
OLD = Visitor("U0OLD", "E0OTHER", HOME, "E0OTHER", "")

TABLE: list[tuple[Access, Visitor, Barred | None]] = [
    # nothing is set: everybody of the installed workspace
    (Access(), ANN, None),
    (Access(), UNTOLD, None),
    (Access(), SOMEWHERE, None),
    (Access(), CAT, Barred.GUEST),
    (Access(), EVE, Barred.EXTERNAL),
    (Access(), STRANGER, Barred.EXTERNAL),
    # let in on purpose
    (Access(guests=True), CAT, None),
    (Access(guests=True), EVE, Barred.EXTERNAL),
    (Access(external=True), EVE, None),
    (Access(external=True), STRANGER, None),
    (Access(external=True), CAT, Barred.GUEST),
    # people
    (Access(denied=ids("U0ANN")), ANN, Barred.DENIED),
    (Access(denied=ids("U0BEN")), ANN, None),
    (Access(users=ids("U0BEN")), ANN, Barred.USER),
    (Access(users=ids("U0ANN", "U0BEN")), ANN, None),
    (Access(users=ids("U0ANN"), denied=ids("U0ANN")), ANN, Barred.DENIED),
    (Access(users=ids("U0CAT")), CAT, Barred.GUEST),
    (Access(users=ids("U0CAT"), guests=True), CAT, None),
    (Access(users=ids("U0EVE")), EVE, Barred.EXTERNAL),
    # workspaces
    (Access(teams=ids(HOME)), ANN, None),
    (Access(teams=ids("T0THIRD")), ANN, Barred.TEAM),
    (Access(teams=ids("T0OTHER")), EVE, Barred.EXTERNAL),
    (Access(teams=ids("T0OTHER"), external=True), EVE, None),
    (Access(teams=ids(HOME), external=True), EVE, Barred.TEAM),
    (Access(teams=ids(HOME), external=True), STRANGER, Barred.TEAM),
    # organisations
    (Access(), DAN, None),
    (Access(), SUE, None),
    (Access(), FAR, None),
    (Access(), UNASKED, Barred.EXTERNAL),
    (Access(external=True), UNASKED, None),
    (Access(), ODA, Barred.EXTERNAL),
    (Access(), OLD, Barred.EXTERNAL),
    (Access(teams=ids(ORG)), DAN, None),
    (Access(teams=ids(ORG)), SUE, None),
    (Access(teams=ids(ORG)), INA, None),
    (Access(teams=ids(HOME)), INA, None),
    (Access(teams=ids(HOME)), DAN, Barred.TEAM),
    (Access(teams=ids(HOME)), SUE, Barred.TEAM),
    (Access(teams=ids(HOME)), LOU, None),
    (Access(teams=ids("T0SISTER")), SUE, None),
    (Access(teams=ids(ORG), external=True), ODA, Barred.TEAM),
    (Access(teams=ids("E0OTHER"), external=True), ODA, None),
    # channels
    (Access(channels=ids("C0ONE")), ANN, None),
    (Access(channels=ids("C0TWO")), ANN, Barred.CHANNEL),
    (Access(channels=ids("C0TWO")), NOWHERE, None),
    (Access(channels=ids("C0TWO"), denied=ids("U0ANN")), ANN, Barred.DENIED),
    # being an admin opens nothing else
    (Access(admins=ids("U0ANN"), users=ids("U0BEN")), ANN, Barred.USER),
]


@pytest.mark.parametrize(("access", "visitor", "expected"), TABLE)
def test_who_may(access: Access, visitor: Visitor, expected: Barred | None) -> None:
    assert barred(access, visitor) is expected


@pytest.mark.parametrize("why", Barred)
def test_a_select_says_it_in_one_option_that_is_nobody(why: Barred) -> None:
    [drawn] = options([refusal_offer(why)])

    said = f"{drawn['text']['text']} {drawn['description']['text']}"
    assert said == refusal_under_field(why)
    assert drawn["value"] == NOTHING


MANY = [f"U0{number:038}" for number in range(186)]


@pytest.mark.parametrize("why", Barred)
def test_however_many_admins_there_are_slack_takes_what_names_them(why: Barred) -> None:
    for message in (refusal_message(why, MANY), post_to_message("C0SUPPORT", MANY)):
        check_message(message.text, message.blocks)
    for text in (refusal_text(why, MANY), admins_only(MANY)):
        check_message(text, None)


def test_the_first_admins_are_named_and_the_others_counted() -> None:
    def named(count: int) -> str:
        return admins_only({f"U{number}" for number in range(count)}).partition("Ask ")[2]

    assert named(1) == "<@U0>."
    assert named(5) == "<@U0>, <@U1>, <@U2>, <@U3> or <@U4>."
    assert named(6) == "<@U0>, <@U1>, <@U2>, <@U3>, <@U4> or one other."
    assert named(9) == "<@U0>, <@U1>, <@U2>, <@U3>, <@U4> or one of 4 others."
