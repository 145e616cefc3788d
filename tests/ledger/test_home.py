"""Who opened their home tab, and what it lists, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.ledger import Entry, HomeTab, Ledger, WeavUser
from tests.ledger.places import new_entry

if TYPE_CHECKING:
    from tests.ledger.places import Place

DAY = 86400
BEN_IN_WEAV = "5e1a0000-0000-4000-8000-000000000002"


async def sending(ledger: Ledger, view_id: str = "V1", subject: str = "Invoice 12") -> Entry:
    return (await ledger.receive(new_entry(view_id, subject), sending=True)).entry


async def refused(ledger: Ledger, view_id: str = "V1", subject: str = "Invoice 12") -> Entry:
    entry = await ledger.refused(await sending(ledger, view_id, subject), "Unknown customer.")
    assert entry
    told = await ledger.told(entry)
    assert told
    return told


async def opened(ledger: Ledger, id_: str, view_id: str, **facts: Any) -> Entry:  # noqa: ANN401
    entry = await sending(ledger, view_id, id_)
    conversation = {"id": id_, "subject": id_, "status": "open", **facts}
    found = await ledger.opened(entry, id_, conversation)
    assert found
    return found


async def waiting(ledger: Ledger) -> list[int]:
    return [entry.id for entry in await ledger.waiting("T1", "U1", 10)]


async def open_ids(
    ledger: Ledger, slack_user_id: str = "U1", weav_user_id: str = "", limit: int = 10
) -> list[str | None]:
    found = await ledger.open_conversations("T1", slack_user_id, weav_user_id, limit)
    return [entry.conversation_id for entry in found]


async def test_a_tab_is_remembered_with_what_it_shows(ledger: Ledger, other: Ledger) -> None:
    assert await ledger.home_tabs.get("U1") is None

    await ledger.home_tabs.opened(HomeTab("U1", "T1", "E1"))
    await ledger.home_tabs.published("U1", "1.abc", "digest")
    assert await other.home_tabs.get("U1") == HomeTab("U1", "T1", "E1", "digest", "1.abc")

    await ledger.home_tabs.opened(HomeTab("U1", "T1", ""))

    # Without its content the tab is drawn now, or later if that fails.
    assert await other.home_tabs.get("U1") == HomeTab("U1", "T1", "", "", "1.abc")
    assert await other.home_tabs.opened_lately() == ["U1"]


async def test_after_two_concurrent_publications_the_content_is_unknown(
    ledger: Ledger, other: Ledger
) -> None:
    await ledger.home_tabs.opened(HomeTab("U1", "T1", ""))
    await other.home_tabs.published("U1", "2.def", "newer")

    await ledger.home_tabs.published("U1", "1.abc", "older")

    tab = await ledger.home_tabs.get("U1")
    assert tab
    assert (tab.content, tab.hash) == ("", "1.abc")  # it is unknown which one Slack shows


async def test_a_tab_is_kept_current_for_a_day_after_its_last_opening(
    ledger: Ledger, place: Place
) -> None:
    for slack_user_id in ("U1", "U2"):
        await ledger.home_tabs.opened(HomeTab(slack_user_id, "T1", ""))
    await place.pass_time(DAY - 10)
    await ledger.home_tabs.opened(HomeTab("U2", "T1", ""))
    await place.pass_time(20)

    assert await ledger.home_tabs.opened_lately() == ["U2"]
    assert await ledger.home_tabs.get("U1")


async def test_a_tab_that_nobody_opens_is_forgotten(ledger: Ledger, place: Place) -> None:
    await ledger.home_tabs.opened(HomeTab("U1", "T1", ""))
    await place.pass_time(29 * DAY)
    await ledger.home_tabs.opened(HomeTab("U2", "T1", ""))
    await place.pass_time(2 * DAY)

    assert await ledger.home_tabs.forget(30) == 1

    assert await ledger.home_tabs.get("U1") is None
    assert await ledger.home_tabs.get("U2")


async def test_concerned_users_are_returned_as_slack_users(ledger: Ledger) -> None:
    for slack_user_id in ("U1", "U2", "U23"):
        await ledger.home_tabs.opened(HomeTab(slack_user_id, "T1", ""))
    await ledger.customers.save_user(WeavUser("U1", BEN_IN_WEAV, "Ben"))

    assert await ledger.home_tabs.opened_lately({BEN_IN_WEAV, "U9"}) == ["U1"]
    assert sorted(await ledger.home_tabs.opened_lately({"U2", "U1"})) == ["U1", "U2"]


async def test_the_first_claim_to_a_weav_user_counts(ledger: Ledger, place: Place) -> None:
    for slack_user_id in ("U1", "U2"):
        await ledger.home_tabs.opened(HomeTab(slack_user_id, "T1", ""))
        await ledger.customers.save_user(WeavUser(slack_user_id, BEN_IN_WEAV, slack_user_id))
        await place.pass_time(1)
    await ledger.customers.save_user(WeavUser("U1", BEN_IN_WEAV, "Renamed"))

    tabs = [await ledger.home_tabs.get(slack_user_id) for slack_user_id in ("U1", "U2")]

    assert [tab.weav_user_id for tab in tabs if tab] == [BEN_IN_WEAV, ""]
    user = await ledger.customers.user_by_weav_id(BEN_IN_WEAV)
    assert user
    assert user.name == "Renamed"
    await ledger.customers.save_user(WeavUser("U1", "another", "Renamed"))
    tab = await ledger.home_tabs.get("U2")
    assert tab
    assert tab.weav_user_id == BEN_IN_WEAV


async def test_submissions_that_ended_without_a_conversation_wait(ledger: Ledger) -> None:
    first = await refused(ledger, "V1", "Refused")
    expired = await ledger.expired(await sending(ledger, "V2", "Expired"), "Time is over.")
    unconfirmed = await ledger.unconfirmed(await sending(ledger, "V3", "Lost"), "No answer.")
    await opened(ledger, "C-1", "V4")
    left = await ledger.unconfirmed(await sending(ledger, "V5", "Left"), "No answer.")
    assert expired
    assert unconfirmed
    assert left
    await ledger.leave(left.id, "U1")

    assert await waiting(ledger) == [unconfirmed.id, expired.id, first.id]
    assert await ledger.waiting("T1", "U2", 10) == []
    assert len(await ledger.waiting("T1", "U1", 2)) == 2


async def test_a_submission_that_was_sent_again_no_longer_waits(ledger: Ledger) -> None:
    await refused(ledger, "V1", "Corrected in the same form")
    await sending(ledger, "V1", "Corrected")
    first = await refused(ledger, "V2", "From its button")
    corrected = replace(new_entry("V3", "Corrected again"), instead_of=first.id)
    await ledger.receive(corrected, sending=True)
    lost = await ledger.unconfirmed(await sending(ledger, "V4", "Lost"), "No answer.")
    assert lost
    await sending(ledger, "V4", "Whoever lost it decides")

    assert await waiting(ledger) == [lost.id]


async def test_a_forgotten_submission_no_longer_waits(ledger: Ledger, place: Place) -> None:
    await refused(ledger)
    await place.pass_time(31 * DAY)

    await ledger.forget(30)

    assert await waiting(ledger) == []


async def test_open_conversations_are_those_that_somebody_opened_or_is_assigned_to(
    ledger: Ledger,
) -> None:
    await opened(ledger, "C-1", "V1")
    await opened(ledger, "C-2", "V2", status="closed")
    to_ben = {"assignee_type": "user", "assignee_id": BEN_IN_WEAV.upper()}
    await opened(ledger, "C-3", "V3", **to_ben)
    await opened(ledger, "C-4", "V4", status="closed", **to_ben)
    await opened(ledger, "C-5", "V5", assignee_type="agent", assignee_id=BEN_IN_WEAV)
    await sending(ledger, "V6", "On its way")

    assert await open_ids(ledger) == ["C-5", "C-3", "C-1"]
    assert await open_ids(ledger, limit=1) == ["C-5"]
    assert await open_ids(ledger, "U2", BEN_IN_WEAV) == ["C-3"]
    assert await open_ids(ledger, "U2") == []


async def test_no_text_makes_a_closed_conversation_open(ledger: Ledger) -> None:
    await opened(ledger, '"status":"open"', "V1", status="closed", more={'"status"': '"open"'})

    assert await open_ids(ledger) == []


async def test_a_later_state_in_weav_replaces_the_stored_one(ledger: Ledger, other: Ledger) -> None:
    entry = await opened(ledger, "C-1", "V1")

    await other.set_conversation(
        "C-1",
        {"id": "C-1", "status": "open", "assignee_type": "user", "assignee_id": BEN_IN_WEAV},
    )

    assert await open_ids(ledger, "U2", BEN_IN_WEAV) == ["C-1"]
    await other.set_conversation("C-1", {"id": "C-1", "status": "closed"})
    assert await open_ids(ledger) == []
    now = await ledger.get(entry.id)
    assert now
    assert now == replace(
        entry,
        conversation_json='{"id":"C-1","status":"closed"}',
        read_at=now.read_at,
        asked_at=now.asked_at,
    )


async def test_a_forgotten_conversation_is_not_stored_again(ledger: Ledger, place: Place) -> None:
    entry = await opened(ledger, "C-1", "V1")
    announced = await ledger.announced(entry, "channel", "C1", "1.1")
    assert announced
    await place.pass_time(31 * DAY)
    await ledger.forget(30)

    await ledger.set_conversation("C-1", {"id": "C-1", "status": "open"})

    now = await ledger.get(entry.id)
    assert now
    assert (now.conversation_json, now.assignee) == (None, None)


@pytest.mark.parametrize("assignee", [None, 7, "", [], {}])
async def test_an_odd_assignee_is_nobody(ledger: Ledger, assignee: object) -> None:
    entry = await opened(ledger, "C-1", "V1", assignee_type="user", assignee_id=assignee)

    assert entry.assignee in {None, "7"}
    assert await open_ids(ledger, "U2", "") == []


async def test_concerned_users_are_returned_once(ledger: Ledger) -> None:
    ann = {"assignee_type": "user", "assignee_id": "ANN"}
    entry = await opened(ledger, "C-1", "V1", **ann)
    assert ledger.take_concerned() == {entry.slack_user_id, "ann"}

    await ledger.get(entry.id)
    assert ledger.take_concerned() == set()

    await ledger.set_conversation("C-1", {"id": "C-1", "status": "open", **ann, "assignee_id": "B"})
    assert ledger.take_concerned() == {entry.slack_user_id, "ann", "b"}
