"""The customer select: its suggestions, their reasons, and failures of Weav."""

import asyncio
from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, JANE, Harness, open_harness, selected_value, text_on
from tests.scenarios.filling import (
    COMPANY,
    CUSTOMER,
    FAILURES,
    NOBODY_KNOWN,
    NORTHWIND,
    RAVI,
    TAILSPIN,
    ZOE,
    open_conversation_for,
    open_form,
    suggestions,
    until_customer_known,
    until_customer_used,
)

NOBODY_SEEN = [
    (
        "nothing",
        "Nobody seen here by that name",
        "Paste an ID or link, or type a whole email address",
    )
]
JANES = "Jane Doe · jane@example.com"
ZOES = "Zoë Brûlé · zoe@example.com"
RAVIS = "Ravi Kumar · ravi@example.com"


async def set_default_company(harness: Harness, company_id: str) -> None:
    async with Ledger.open(harness.database) as ledger:
        await ledger.customers.save_defaults("C0SUPPORT", {"company_id": company_id}, "U0ANN")


async def test_the_select_says_what_to_type_if_no_customer_is_known(any_harness: Harness) -> None:
    await open_form(any_harness)

    [(_, label, way_on)] = await suggestions(any_harness.ann, "customer_id", "")
    assert (label, way_on) == ("Nobody seen here yet", NOBODY_SEEN[0][2])
    assert await suggestions(any_harness.ann, "customer_id", "jan") == NOBODY_SEEN
    assert any_harness.weav.requests == []


async def test_a_pasted_id_is_confirmed_with_name_and_address(any_harness: Harness) -> None:
    await open_form(any_harness)

    for typed in (JANE.upper(), JANE.replace("-", ""), f"https://x.example/customers/{JANE}"):
        [(value, label, _)] = await suggestions(any_harness.ann, "customer_id", typed)
        assert (value, label) == (JANE, JANES)
    assert await suggestions(any_harness.ann, "customer_id", ZOE) == [
        (ZOE, ZOES, "Confirmed in Weav")
    ]


async def test_customers_of_the_channel_come_before_those_of_the_author_and_others(
    harness: Harness,
) -> None:
    await open_conversation_for(harness, JANE, harness.ben)
    await open_form(harness)
    await harness.ann.submit({"channel": "email", "customer_id": ZOE, "post_to": "G0TRIAGE"})
    await until_customer_used(harness, ZOE, harness.ann)
    async with Ledger.open(harness.database) as ledger:
        await ledger.customers.record_use(RAVI, "G0TRIAGE", "U0ANN")
        await ledger.customers.learn(KnownCustomer(RAVI, "Ravi Kumar", "ravi@example.com"))
        await ledger.customers.learn(KnownCustomer(NOBODY_KNOWN, "Joe Other", "joe@example.com"))
    await open_form(harness)

    seen = await suggestions(harness.ann, "customer_id", "")

    assert {value: reason for value, _, reason in seen} == {
        ZOE: "Used here lately",
        JANE: "Used here lately",
        RAVI: "Used by you lately",
        NOBODY_KNOWN: "Seen by the bot before",
    }
    assert [value for value, _, _ in seen][2:] == [RAVI, NOBODY_KNOWN]


async def test_a_form_without_a_channel_ranks_by_the_channel_that_it_posts_to(
    harness: Harness,
) -> None:
    await open_conversation_for(harness, JANE, harness.ben)
    await harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert [reason for _, _, reason in await suggestions(harness.ann, "customer_id", "jane")] == [
        "Seen by the bot before"
    ]
    harness.weav.fail(WeavFault(status=403, **CREATE))

    await harness.ann.submit({"channel": "email", "customer_id": JANE, "post_to": "C0SUPPORT"})

    assert "external-api:write" in text_on(harness.ann.view)
    assert [reason for _, _, reason in await suggestions(harness.ann, "customer_id", "jane")] == [
        "Used here lately"
    ]


@pytest.mark.parametrize("typed", ["zo", "ZOË", "brule", "zoe@ex", "Brûlé zoe", "ë b"])
async def test_part_of_a_name_or_an_address_finds_a_customer(harness: Harness, typed: str) -> None:
    await open_conversation_for(harness, ZOE)
    await open_conversation_for(harness, JANE)
    await open_form(harness)

    found = await suggestions(harness.ann, "customer_id", typed)

    assert found[0] == (ZOE, ZOES, "Used here lately")


async def test_customers_of_the_channels_company_are_suggested(any_harness: Harness) -> None:
    await set_default_company(any_harness, TAILSPIN)
    await open_form(any_harness)

    assert await suggestions(any_harness.ann, "customer_id", "kum") == [
        (RAVI, RAVIS, "Customer of this channel's company")
    ]
    assert len(await suggestions(any_harness.ann, "customer_id", "")) == 2
    assert len([r for r in any_harness.weav.requests if "companies" in r.path]) == 1


async def test_all_pages_of_a_company_are_searched(harness: Harness) -> None:
    for number in range(150):
        harness.weav.store.create_customer(
            {"email": f"number-{number}@example.com", "company_id": NORTHWIND}
        )
    await set_default_company(harness, NORTHWIND)
    await open_form(harness)

    [(_, label, _)] = await suggestions(harness.ann, "customer_id", "number-149")
    assert label == "number-149@example.com"
    assert len(await suggestions(harness.ann, "customer_id", "")) == 100


async def test_a_customer_is_suggested_once_with_the_closest_reason(harness: Harness) -> None:
    await open_conversation_for(harness, RAVI)
    await set_default_company(harness, TAILSPIN)
    await open_form(harness)

    assert await suggestions(harness.ann, "customer_id", "ravi") == [
        (RAVI, RAVIS, "Used here lately")
    ]


async def test_an_unknown_address_can_become_a_new_customer(any_harness: Harness) -> None:
    await open_form(any_harness)

    assert await suggestions(any_harness.ann, "customer_id", "new@example.com") == [
        (
            "create:new@example.com",
            "Create customer new@example.com",
            "Weav gets a new customer when you submit",
        )
    ]


@pytest.mark.parametrize("typed", ["new@", "new@example", "a b@example.com", "x" * 150 + "@a.de"])
async def test_text_that_is_no_address_is_not_offered_as_a_new_customer(
    harness: Harness, typed: str
) -> None:
    await open_form(harness)
    assert await suggestions(harness.ann, "customer_id", typed) == NOBODY_SEEN


async def test_a_known_address_is_not_offered_as_a_new_customer(harness: Harness) -> None:
    await open_conversation_for(harness, JANE)
    await open_form(harness)

    assert await suggestions(harness.ann, "customer_id", "JANE@example.com") == [
        (JANE, JANES, "Used here lately")
    ]


@pytest.mark.parametrize("name", FAILURES)
async def test_an_id_whose_look_up_fails_is_unchecked(harness: Harness, name: str) -> None:
    fault = FAILURES[name]
    harness.weav.fail(fault)
    await open_form(harness)

    [(value, label, reason)] = await suggestions(harness.ann, "customer_id", NOBODY_KNOWN)

    assert (value, label) == (NOBODY_KNOWN, f"Use this ID unchecked: {NOBODY_KNOWN}")
    assert reason
    harness.weav.faults.clear()


async def test_an_id_that_weav_does_not_know_is_reported(harness: Harness) -> None:
    await open_form(harness)

    assert await suggestions(harness.ann, "customer_id", NOBODY_KNOWN) == [
        (
            NOBODY_KNOWN,
            f"Weav does not know {NOBODY_KNOWN}: use it anyway",
            "Weav checks it again when you submit",
        )
    ]


async def test_an_unchecked_id_is_checked_on_submit(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=500, **CUSTOMER))
    await open_form(harness)

    answer = await harness.ann.submit({"channel": "email", "customer_id": NOBODY_KNOWN})

    assert answer.errors == {"customer_id": "The selected customer id is invalid."}


@pytest.mark.parametrize("name", FAILURES)
async def test_if_a_company_cannot_be_listed_its_cached_customers_stay(
    harness: Harness, name: str
) -> None:
    await open_conversation_for(harness, RAVI)
    await set_default_company(harness, TAILSPIN)
    harness.weav.fail(FAILURES[name])
    await open_form(harness)

    assert await suggestions(harness.ann, "customer_id", "ravi") == [
        (RAVI, RAVIS, "Used here lately")
    ]
    [(value, label, reason)] = await suggestions(harness.ann, "customer_id", "mei")
    assert (value, label) == ("nothing", "Some customers could not be looked up")
    assert reason
    harness.weav.faults.clear()


async def test_an_option_that_is_only_a_hint_is_no_customer(harness: Harness) -> None:
    await set_default_company(harness, TAILSPIN)
    harness.weav.fail(WeavFault(status=503, **COMPANY))
    await open_form(harness)

    answer = await harness.ann.submit({"channel": "email", "customer_id": "mei"})

    assert answer.errors.keys() == {"customer_id"}
    assert "Choose the customer" in answer.errors["customer_id"]
    assert harness.weav.creations == []


@pytest.mark.bench
async def test_hanging_look_ups_are_answered_in_time_however_many(harness: Harness) -> None:
    await open_conversation_for(harness, JANE)
    await set_default_company(harness, TAILSPIN)
    await open_form(harness)
    harness.weav.fail(WeavFault(hold=30.0))

    several = await asyncio.gather(
        *(suggestions(harness.ann, "customer_id", typed) for typed in ["", "j", "ja", ZOE] * 5)
    )

    assert all(several)
    harness.weav.faults.clear()


async def test_a_late_answer_is_used_for_the_next_character(harness: Harness) -> None:
    await set_default_company(harness, TAILSPIN)
    harness.weav.fail(WeavFault(hold=1.5, times=1, **COMPANY))
    await open_form(harness)
    assert (await suggestions(harness.ann, "customer_id", "ra"))[0][0] == "nothing"

    await harness.weav.until(lambda: harness.weav.requests[-1].status == 200)

    assert await suggestions(harness.ann, "customer_id", "rav") == [
        (RAVI, RAVIS, "Customer of this channel's company")
    ]


async def test_without_the_database_weav_still_confirms_an_id(harness: Harness) -> None:
    await open_form(harness)
    harness.drop_table("known_customers")

    assert await suggestions(harness.ann, "customer_id", JANE) == [
        (JANE, JANES, "Confirmed in Weav")
    ]
    [(value, _, reason)] = await suggestions(harness.ann, "customer_id", "jan")
    assert (value, reason) == ("nothing", "The bot's database does not answer")


async def test_the_chosen_customer_gets_the_conversation(any_harness: Harness) -> None:
    await open_conversation_for(any_harness, ZOE)
    await open_form(any_harness)

    await any_harness.ann.submit({"channel": "chat", "customer_id": "brul"})

    await any_harness.weav.until(lambda: len(any_harness.weav.conversations) == 2)
    assert any_harness.weav.conversations[1]["customer_id"] == ZOE


async def test_a_known_customer_in_the_command_is_shown_by_name(harness: Harness) -> None:
    await open_conversation_for(harness, JANE)

    await open_form(harness, words=f"{JANE} Export hangs")

    option = harness.ann.view.values["customer_id"]["customer_id"]["selected_option"]
    assert (option["value"], option["text"]["text"]) == (JANE, JANES)


async def test_an_unknown_customer_in_the_command_is_shown_by_id_without_waiting(
    any_harness: Harness,
) -> None:
    any_harness.weav.fail(WeavFault(delay=0.5))

    await open_form(any_harness, words=f"{JANE} Export hangs")

    assert selected_value(any_harness.ann.view, "customer_id") == JANE
    assert {request.status for request in any_harness.weav.requests} <= {None}
    assert [call.method for call in any_harness.slack.calls if "apps" not in call.method] == [
        "views.open"
    ]


async def test_an_unknown_customer_in_the_command_is_named_once_weav_answers(
    any_harness: Harness,
) -> None:
    await open_form(any_harness, words=f"{JANE} Export hangs")

    await any_harness.slack.until(
        lambda _: "The customer is Jane Doe · jane@" in text_on(any_harness.ann.view)
    )
    any_harness.ann.fill({"channel": "email"})
    await any_harness.ann.submit()
    assert "*Customer*\nJane Doe" in text_on(await any_harness.card())


async def test_an_unchecked_customer_is_learned_after_the_conversation_is_created(
    harness: Harness,
) -> None:
    unchecked = {"value": JANE, "text": {"type": "plain_text", "text": JANE}}
    await open_form(harness)
    harness.ann.view.offered["customer_id"] = [unchecked]
    harness.ann.fill({"channel": "email", "customer_id": JANE})

    await harness.ann.submit()

    assert (await until_customer_known(harness, JANE)).name == "Jane Doe"
    assert [request.method for request in harness.weav.requests] == ["POST", "GET"]


async def test_a_form_opens_without_the_database(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        harness.drop_table("channel_defaults")

        await open_form(harness, words=f"{JANE} Export hangs")

        assert selected_value(harness.ann.view, "customer_id") == JANE
        assert "From your words" in text_on(harness.ann.view)
        assert harness.ann.view.block(ids.SUBJECT)
