"""The access rules as a table."""

import pytest

from bot.access.refusals import (
    admins_only,
    post_to_message,
    refusal_message,
    refusal_offer,
    refusal_text,
    refusal_under_field,
)
from bot.access.rules import Access, Denial, Requester, denial_of
from bot.sandbox.slack.rules.surfaces import check_message
from bot.slack.options import NOTHING, options

HOME = "T0HOME"


def ids(*several: str) -> frozenset[str]:
    return frozenset(several)


ANN = Requester("U0ANN", HOME, HOME, guest=False, slack_channel_id="C0ONE")
GUEST_UNKNOWN = Requester("U0ANN", HOME, HOME, slack_channel_id="C0ONE")
CAT = Requester("U0CAT", HOME, HOME, guest=True, slack_channel_id="C0ONE")
EVE = Requester("U0EVE", "T0OTHER", HOME, guest=False, slack_channel_id="C0ONE")
STRANGER = Requester("U0EVE", "", HOME, stranger=True, slack_channel_id="C0ONE")
SOMEWHERE = Requester("U0ANN", HOME, "", slack_channel_id="C0ONE")
NOWHERE = Requester("U0ANN", HOME, HOME)

# Enterprise Grid: two workspaces of our organisation, and a foreign organisation
ORG = "E0ORG"
DAN = Requester("U0DAN", ORG, HOME, ORG, ORG, guest=False)
SUE = Requester("U0SUE", "T0SISTER", HOME, ORG, ORG, ids("T0SISTER"), guest=False)
LOU = Requester("U0LOU", "T0SISTER", HOME, ORG, ORG, ids("T0SISTER", HOME), guest=False)
FAR = Requester("U0FAR", "T0SISTER", HOME, ORG, ORG, stranger=True)
UNASKED = Requester("U0SUE", "T0SISTER", HOME, "", ORG)
INA = Requester("U0INA", HOME, HOME, "", ORG)
ODA = Requester("U0ODA", "E0OTHER", HOME, "E0OTHER", ORG)
OLD = Requester("U0OLD", "E0OTHER", HOME, "E0OTHER", "")

TABLE: list[tuple[Access, Requester, Denial | None]] = [
    # the default: everybody in the installed workspace
    (Access(), ANN, None),
    (Access(), GUEST_UNKNOWN, None),
    (Access(), SOMEWHERE, None),
    (Access(), CAT, Denial.GUEST),
    (Access(), EVE, Denial.EXTERNAL),
    (Access(), STRANGER, Denial.EXTERNAL),
    # guests and outsiders allowed
    (Access(guests=True), CAT, None),
    (Access(guests=True), EVE, Denial.EXTERNAL),
    (Access(external=True), EVE, None),
    (Access(external=True), STRANGER, None),
    (Access(external=True), CAT, Denial.GUEST),
    # people
    (Access(denied=ids("U0ANN")), ANN, Denial.DENIED),
    (Access(denied=ids("U0BEN")), ANN, None),
    (Access(users=ids("U0BEN")), ANN, Denial.USER),
    (Access(users=ids("U0ANN", "U0BEN")), ANN, None),
    (Access(users=ids("U0ANN"), denied=ids("U0ANN")), ANN, Denial.DENIED),
    (Access(users=ids("U0CAT")), CAT, Denial.GUEST),
    (Access(users=ids("U0CAT"), guests=True), CAT, None),
    (Access(users=ids("U0EVE")), EVE, Denial.EXTERNAL),
    # workspaces
    (Access(teams=ids(HOME)), ANN, None),
    (Access(teams=ids("T0THIRD")), ANN, Denial.TEAM),
    (Access(teams=ids("T0OTHER")), EVE, Denial.EXTERNAL),
    (Access(teams=ids("T0OTHER"), external=True), EVE, None),
    (Access(teams=ids(HOME), external=True), EVE, Denial.TEAM),
    (Access(teams=ids(HOME), external=True), STRANGER, Denial.TEAM),
    # organisations
    (Access(), DAN, None),
    (Access(), SUE, None),
    (Access(), FAR, None),
    (Access(), UNASKED, Denial.EXTERNAL),
    (Access(external=True), UNASKED, None),
    (Access(), ODA, Denial.EXTERNAL),
    (Access(), OLD, Denial.EXTERNAL),
    (Access(teams=ids(ORG)), DAN, None),
    (Access(teams=ids(ORG)), SUE, None),
    (Access(teams=ids(ORG)), INA, None),
    (Access(teams=ids(HOME)), INA, None),
    (Access(teams=ids(HOME)), DAN, Denial.TEAM),
    (Access(teams=ids(HOME)), SUE, Denial.TEAM),
    (Access(teams=ids(HOME)), LOU, None),
    (Access(teams=ids("T0SISTER")), SUE, None),
    (Access(teams=ids(ORG), external=True), ODA, Denial.TEAM),
    (Access(teams=ids("E0OTHER"), external=True), ODA, None),
    # channels
    (Access(channels=ids("C0ONE")), ANN, None),
    (Access(channels=ids("C0TWO")), ANN, Denial.CHANNEL),
    (Access(channels=ids("C0TWO")), NOWHERE, None),
    (Access(channels=ids("C0TWO"), denied=ids("U0ANN")), ANN, Denial.DENIED),
]


@pytest.mark.parametrize(("access", "requester", "expected"), TABLE)
def test_access_is_decided_by_the_rules(
    access: Access, requester: Requester, expected: Denial | None
) -> None:
    assert denial_of(access, requester) is expected


@pytest.mark.parametrize("why", Denial)
def test_a_select_shows_the_refusal_as_one_option_without_a_value(why: Denial) -> None:
    [drawn] = options([refusal_offer(why)])

    said = f"{drawn['text']['text']} {drawn['description']['text']}"
    assert said == refusal_under_field(why)
    assert drawn["value"] == NOTHING


MANY = [f"U0{number:038}" for number in range(186)]


@pytest.mark.parametrize("why", Denial)
def test_slack_takes_the_refusal_however_many_admins_there_are(why: Denial) -> None:
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
