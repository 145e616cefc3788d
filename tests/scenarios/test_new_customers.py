"""A new customer is created once with the conversation, or the author is told the truth."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.ledger import Ledger, NewEntry, State
from bot.sandbox.weav import WeavFault
from tests.harness import CREATE, Harness, open_harness, public, selected_value, text_on
from tests.scenarios.filling import NEW_CUSTOMER, open_form

NEW = "new@example.com"


def creations(harness: Harness) -> list[Any]:
    several = harness.weav.requests
    return [r for r in several if r.method == "POST" and r.path.endswith("/customers")]


def created(harness: Harness, email: str = NEW) -> list[str]:
    return [each["id"] for each in harness.weav.store.customers.values() if each["email"] == email]


async def fill_in_new_customer(harness: Harness, email: str = NEW, **values: str) -> None:
    await open_form(harness)
    await harness.ann.type_in({"channel": "email", "customer_id": email, **values})


async def test_the_customer_is_created_and_then_the_conversation(any_harness: Harness) -> None:
    await fill_in_new_customer(any_harness, subject="Export hangs")

    answer = await any_harness.ann.submit()

    assert (answer.trouble, answer.errors) == ("", {})
    await any_harness.card()
    [customer_id] = created(any_harness)
    assert any_harness.weav.conversations[0]["customer_id"] == customer_id
    assert [request.json for request in creations(any_harness)] == [{"email": NEW}]


async def test_the_card_names_a_new_customer_by_their_address(harness: Harness) -> None:
    await fill_in_new_customer(harness)
    await harness.ann.submit()

    said = text_on(await harness.card()).replace("\u2060", "")

    assert f"*Customer*\n{NEW}" in said
    assert f"Customer ID `{created(harness)[0]}`" in said


async def test_a_channel_that_others_read_gets_no_address(harness: Harness) -> None:
    harness.slack.scopes += ("channels:read",)
    await fill_in_new_customer(harness, post_to="C0PARTNERS")
    await harness.ann.submit()

    card = await harness.card("C0PARTNERS")

    assert "new@" not in f"{card.text} {card.blocks}"


async def test_the_row_records_the_new_customer(harness: Harness) -> None:
    await fill_in_new_customer(harness, subject="Export hangs")
    await harness.ann.submit()

    entry = await harness.entry_in(State.ANNOUNCED)

    assert entry.request == {
        "channel": "email",
        "subject": "Export hangs",
        "customer_id": created(harness)[0],
    }


async def test_a_created_customer_is_found_by_address_from_then_on(harness: Harness) -> None:
    await fill_in_new_customer(harness)
    await harness.ann.submit()
    await harness.card()
    await open_form(harness)

    answer = await harness.ann.suggest("customer_id", NEW.upper())

    assert [option["value"] for option in answer.options] == created(harness)


async def test_a_refused_customer_is_an_error_under_the_field_and_nothing_is_opened(
    any_harness: Harness,
) -> None:
    await fill_in_new_customer(any_harness, "jane@example.com", subject="Export hangs")

    answer = await any_harness.ann.submit()

    assert answer.errors.keys() == {"customer_id"}
    assert "The email has already been taken." in answer.errors["customer_id"]
    assert "paste their ID" in answer.errors["customer_id"]
    assert any_harness.weav.creations == []
    assert any_harness.ann.view.is_open


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "token is not accepted"), (403, "external-api:write"), (409, "answer 409")],
)
async def test_every_refusal_of_a_customer_has_its_text(
    harness: Harness, status: int, reason: str
) -> None:
    harness.weav.fail(WeavFault(status=status, **NEW_CUSTOMER))
    await fill_in_new_customer(harness)

    answer = await harness.ann.submit()

    assert reason in answer.errors["customer_id"]


async def test_a_double_click_creates_one_customer_and_one_conversation(
    any_harness: Harness,
) -> None:
    any_harness.weav.fail(WeavFault(hold=0.3, **NEW_CUSTOMER))
    await fill_in_new_customer(any_harness)
    delivery = any_harness.ann.submission_delivery()

    answers = await asyncio.gather(*(any_harness.ann.send(delivery) for _ in range(5)))

    assert {(answer.status, str(answer.body)) for answer in answers} == {(200, "")}
    await any_harness.card()
    assert (len(creations(any_harness)), len(any_harness.weav.conversations)) == (1, 1)


async def test_two_submissions_for_the_same_new_customer_share_one(harness: Harness) -> None:
    harness.weav.fail(WeavFault(hold=0.3, **NEW_CUSTOMER))
    await fill_in_new_customer(harness)
    await open_form(harness, harness.ben)
    await harness.ben.type_in({"channel": "chat", "customer_id": NEW.upper()})

    await asyncio.gather(harness.ann.submit(), harness.ben.submit())

    await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 2)
    assert len(creations(harness)) == 1
    assert {each["customer_id"] for each in harness.weav.conversations} == set(created(harness))


async def test_two_replicas_create_a_new_customer_once(tmp_path: Path, postgres_url: str) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(open_harness(tmp_path, database=postgres_url))
        weav_url = one.variables["WEAV_API_URL"].removesuffix("/v1")
        other = await stack.enter_async_context(
            open_harness(tmp_path, database=postgres_url, weav_url=weav_url)
        )
        one.weav.fail(WeavFault(hold=0.3, **NEW_CUSTOMER))
        await fill_in_new_customer(one)
        await fill_in_new_customer(other)

        await asyncio.gather(one.ann.submit(), other.ann.submit())

        await one.card()
        await other.card()
        assert len(creations(one)) == 1
        assert {each["customer_id"] for each in one.weav.conversations} == set(created(one))


async def test_a_customer_whose_answer_was_lost_is_reported_and_not_recreated(
    any_harness: Harness,
) -> None:
    any_harness.weav.fail(WeavFault.lost_answer(times=1, **NEW_CUSTOMER))
    await fill_in_new_customer(any_harness, subject="Export hangs")

    answer = await any_harness.ann.submit()

    assert "did not confirm" in answer.errors["customer_id"]
    assert len(creations(any_harness)) == 1
    assert any_harness.weav.creations == []
    assert selected_value(any_harness.ann.view, "customer_id") == f"create:{NEW}"


async def test_after_a_lost_request_the_authors_next_click_creates_the_customer(
    any_harness: Harness,
) -> None:
    any_harness.weav.fail(WeavFault.lost_request(times=1, **NEW_CUSTOMER))
    await fill_in_new_customer(any_harness)
    await any_harness.ann.submit()

    await any_harness.ann.submit()

    await any_harness.card()
    assert len(created(any_harness)) == len(any_harness.weav.conversations) == 1


async def test_after_a_lost_answer_weav_says_that_the_address_is_taken(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_answer(times=1, **NEW_CUSTOMER))
    await fill_in_new_customer(harness)
    await harness.ann.submit()

    answer = await harness.ann.submit()

    assert "already been taken" in answer.errors["customer_id"]
    [customer_id] = created(harness)
    await harness.ann.submit({"customer_id": customer_id})
    await harness.card()
    assert len(created(harness)) == 1


async def test_another_author_is_told_before_the_create_is_repeated(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **NEW_CUSTOMER))
    await fill_in_new_customer(harness)
    await harness.ann.submit()
    await open_form(harness, harness.ben)

    told = await harness.ben.submit({"channel": "chat", "customer_id": NEW})

    assert "did not confirm" in told.errors["customer_id"]
    assert len(creations(harness)) == 1
    await harness.ben.submit()
    await harness.card()
    assert len(creations(harness)) == 2


async def test_customer_and_conversation_are_queued_together_while_weav_is_down(
    any_harness: Harness,
) -> None:
    any_harness.weav.fail(WeavFault(status=503, times=2, **NEW_CUSTOMER))
    await fill_in_new_customer(any_harness, subject="Export hangs")

    await any_harness.ann.submit()

    assert "queued and will be created" in text_on(any_harness.ann.view)
    await any_harness.card()
    assert len(created(any_harness)) == len(any_harness.weav.conversations) == 1
    assert len(creations(any_harness)) == 3


async def test_a_customer_is_not_created_again_when_the_conversation_fails(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await fill_in_new_customer(harness)
    await harness.ann.submit()

    await harness.ann.submit()

    await harness.card()
    assert (len(creations(harness)), len(harness.weav.conversations)) == (1, 1)


async def test_the_modal_waits_for_a_slow_customer(any_harness: Harness) -> None:
    any_harness.weav.fail(WeavFault(hold=2.5, **NEW_CUSTOMER))
    await fill_in_new_customer(any_harness)

    answer = await any_harness.ann.submit()

    assert answer.seconds < 3
    assert "Creating" in text_on(any_harness.ann.view)
    await any_harness.slack.until(
        lambda slack: "is open in Weav" in text_on(slack.top_view("U0ANN"))
    )


async def test_a_late_refusal_comes_back_in_the_filled_form(harness: Harness) -> None:
    harness.weav.fail(WeavFault(delay=2.3, **NEW_CUSTOMER))
    await fill_in_new_customer(harness, "jane@example.com", subject="Export hangs")
    await harness.ann.submit()

    await harness.slack.until(lambda _: "subject" in harness.ann.view.values)

    assert "Customer: Weav did not create this customer" in text_on(harness.ann.view)
    assert selected_value(harness.ann.view, "customer_id") == "create:jane@example.com"


async def test_a_lost_conversation_is_looked_for_under_the_new_customer(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await fill_in_new_customer(harness, subject="Export hangs")

    await harness.ann.submit()

    assert "Recovered" in text_on(await harness.card())
    assert len(created(harness)) == len(harness.weav.conversations) == 1


async def test_a_row_of_a_dead_process_is_finished_by_another_one(
    tmp_path: Path, postgres_url: str
) -> None:
    async with open_harness(tmp_path, database=postgres_url) as harness:
        await leave_abandoned_row(postgres_url, begun=False)

        await harness.card(within=20)

        assert len(created(harness)) == len(harness.weav.conversations) == 1


async def test_a_create_that_a_dead_process_had_started_is_reported(
    tmp_path: Path, postgres_url: str
) -> None:
    async with open_harness(tmp_path, database=postgres_url) as harness:
        await leave_abandoned_row(postgres_url, begun=True)

        message = await harness.direct_message(within=20)

        assert "did not confirm" in text_on(message)
        assert creations(harness) == []


async def leave_abandoned_row(database: str, *, begun: bool) -> None:
    """A row whose process died before or during the POST that creates the customer."""
    async with Ledger.open(database, lease=0.5) as dead:
        received = await dead.receive(submission(), sending=True)
        if begun:
            assert await dead.new_customers.begin(NEW, received.entry)


def submission() -> NewEntry:
    return NewEntry(
        team_id="T0SANDBOX",
        slack_user_id="U0ANN",
        view_id="V0GONE",
        request={"channel": "email", "customer_email": NEW},
        form={
            "values": {
                "channel": "email",
                "customer_id": f"create:{NEW}",
                "post_to": "C0SUPPORT",
            },
            "origin": {"via": "command"},
        },
    )
