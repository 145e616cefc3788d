"""The customer select: its suggestions, their reasons, and failures of Weav."""

import asyncio
from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.house import CREATE, JANE, House, house, selected_value, text_on
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


async def set_default_company(at_home: House, company_id: str) -> None:
    async with Ledger.open(at_home.database) as ledger:
        await ledger.customers.save_defaults("C0SUPPORT", {"company_id": company_id}, "U0ANN")


async def test_the_select_says_what_to_type_if_no_customer_is_known(any_way: House) -> None:
    await open_form(any_way)

    [(_, label, way_on)] = await suggestions(any_way.ann, "customer_id", "")
    assert (label, way_on) == ("Nobody seen here yet", NOBODY_SEEN[0][2])
    assert await suggestions(any_way.ann, "customer_id", "jan") == NOBODY_SEEN
    assert any_way.weav.requests == []


async def test_a_pasted_id_is_confirmed_with_name_and_address(any_way: House) -> None:
    await open_form(any_way)

    for typed in (JANE.upper(), JANE.replace("-", ""), f"https://x.example/customers/{JANE}"):
        [(value, label, _)] = await suggestions(any_way.ann, "customer_id", typed)
        assert (value, label) == (JANE, JANES)
    assert await suggestions(any_way.ann, "customer_id", ZOE) == [(ZOE, ZOES, "Confirmed in Weav")]


async def test_customers_of_the_channel_come_before_those_of_the_author_and_others(
    at_home: House,
) -> None:
    await open_conversation_for(at_home, JANE, at_home.ben)
    await open_form(at_home)
    await at_home.ann.submit({"channel": "email", "customer_id": ZOE, "post_to": "G0TRIAGE"})
    await until_customer_used(at_home, ZOE, at_home.ann)
    async with Ledger.open(at_home.database) as ledger:
        await ledger.customers.record_use(RAVI, "G0TRIAGE", "U0ANN")
        await ledger.customers.learn(KnownCustomer(RAVI, "Ravi Kumar", "ravi@example.com"))
        await ledger.customers.learn(KnownCustomer(NOBODY_KNOWN, "Joe Other", "joe@example.com"))
    await open_form(at_home)

    seen = await suggestions(at_home.ann, "customer_id", "")

    assert {value: reason for value, _, reason in seen} == {
        ZOE: "Used here lately",
        JANE: "Used here lately",
        RAVI: "Recent with you",
        NOBODY_KNOWN: "Seen by the bot before",
    }
    assert [value for value, _, _ in seen][2:] == [RAVI, NOBODY_KNOWN]


async def test_a_form_without_a_channel_ranks_by_the_channel_that_it_posts_to(
    at_home: House,
) -> None:
    await open_conversation_for(at_home, JANE, at_home.ben)
    await at_home.ann.global_shortcut(ids.GLOBAL_SHORTCUT)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert [reason for _, _, reason in await suggestions(at_home.ann, "customer_id", "jane")] == [
        "Seen by the bot before"
    ]
    at_home.weav.fail(WeavFault(status=403, **CREATE))

    await at_home.ann.submit({"channel": "email", "customer_id": JANE, "post_to": "C0SUPPORT"})

    assert "external-api:write" in text_on(at_home.ann.view)
    assert [reason for _, _, reason in await suggestions(at_home.ann, "customer_id", "jane")] == [
        "Used here lately"
    ]


@pytest.mark.parametrize("typed", ["zo", "ZOË", "brule", "zoe@ex", "Brûlé zoe", "ë b"])
async def test_part_of_a_name_or_an_address_finds_a_customer(at_home: House, typed: str) -> None:
    await open_conversation_for(at_home, ZOE)
    await open_conversation_for(at_home, JANE)
    await open_form(at_home)

    found = await suggestions(at_home.ann, "customer_id", typed)

    assert found[0] == (ZOE, ZOES, "Used here lately")


async def test_customers_of_the_channels_company_are_suggested(any_way: House) -> None:
    await set_default_company(any_way, TAILSPIN)
    await open_form(any_way)

    assert await suggestions(any_way.ann, "customer_id", "kum") == [
        (RAVI, RAVIS, "Customer of this channel's company")
    ]
    assert len(await suggestions(any_way.ann, "customer_id", "")) == 2
    assert len([r for r in any_way.weav.requests if "companies" in r.path]) == 1


async def test_all_pages_of_a_company_are_searched(at_home: House) -> None:
    for number in range(150):
        at_home.weav.store.create_customer(
            {"email": f"number-{number}@example.com", "company_id": NORTHWIND}
        )
    await set_default_company(at_home, NORTHWIND)
    await open_form(at_home)

    [(_, label, _)] = await suggestions(at_home.ann, "customer_id", "number-149")
    assert label == "number-149@example.com"
    assert len(await suggestions(at_home.ann, "customer_id", "")) == 100


async def test_a_customer_is_suggested_once_with_the_closest_reason(at_home: House) -> None:
    await open_conversation_for(at_home, RAVI)
    await set_default_company(at_home, TAILSPIN)
    await open_form(at_home)

    assert await suggestions(at_home.ann, "customer_id", "ravi") == [
        (RAVI, RAVIS, "Used here lately")
    ]


async def test_an_unknown_address_can_become_a_new_customer(any_way: House) -> None:
    await open_form(any_way)

    assert await suggestions(any_way.ann, "customer_id", "new@example.com") == [
        (
            "create:new@example.com",
            "Create customer new@example.com",
            "Weav gets a new customer when you submit",
        )
    ]


@pytest.mark.parametrize("typed", ["new@", "new@example", "a b@example.com", "x" * 150 + "@a.de"])
async def test_text_that_is_no_address_is_not_offered_as_a_new_customer(
    at_home: House, typed: str
) -> None:
    await open_form(at_home)
    assert await suggestions(at_home.ann, "customer_id", typed) == NOBODY_SEEN


async def test_a_known_address_is_not_offered_as_a_new_customer(at_home: House) -> None:
    await open_conversation_for(at_home, JANE)
    await open_form(at_home)

    assert await suggestions(at_home.ann, "customer_id", "JANE@example.com") == [
        (JANE, JANES, "Used here lately")
    ]


@pytest.mark.parametrize("name", FAILURES)
async def test_an_id_whose_look_up_fails_is_unchecked(at_home: House, name: str) -> None:
    fault = FAILURES[name]
    at_home.weav.fail(fault)
    await open_form(at_home)

    [(value, label, reason)] = await suggestions(at_home.ann, "customer_id", NOBODY_KNOWN)

    assert (value, label) == (NOBODY_KNOWN, f"Use this ID unchecked: {NOBODY_KNOWN}")
    assert reason
    at_home.weav.faults.clear()


async def test_an_id_that_weav_does_not_know_is_reported(at_home: House) -> None:
    await open_form(at_home)

    assert await suggestions(at_home.ann, "customer_id", NOBODY_KNOWN) == [
        (
            NOBODY_KNOWN,
            f"Weav does not know {NOBODY_KNOWN}: use it anyway",
            "Weav checks it again when you submit",
        )
    ]


async def test_an_unchecked_id_is_checked_on_submit(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=500, **CUSTOMER))
    await open_form(at_home)

    answer = await at_home.ann.submit({"channel": "email", "customer_id": NOBODY_KNOWN})

    assert answer.errors == {"customer_id": "The selected customer id is invalid."}


@pytest.mark.parametrize("name", FAILURES)
async def test_if_a_company_cannot_be_listed_its_cached_customers_stay(
    at_home: House, name: str
) -> None:
    await open_conversation_for(at_home, RAVI)
    await set_default_company(at_home, TAILSPIN)
    at_home.weav.fail(FAILURES[name])
    await open_form(at_home)

    assert await suggestions(at_home.ann, "customer_id", "ravi") == [
        (RAVI, RAVIS, "Used here lately")
    ]
    [(value, label, reason)] = await suggestions(at_home.ann, "customer_id", "mei")
    assert (value, label) == ("nothing", "Not everybody could be looked up")
    assert reason
    at_home.weav.faults.clear()


async def test_an_option_that_is_only_a_hint_is_no_customer(at_home: House) -> None:
    await set_default_company(at_home, TAILSPIN)
    at_home.weav.fail(WeavFault(status=503, **COMPANY))
    await open_form(at_home)

    answer = await at_home.ann.submit({"channel": "email", "customer_id": "mei"})

    assert answer.errors.keys() == {"customer_id"}
    assert "Choose the customer" in answer.errors["customer_id"]
    assert at_home.weav.creations == []


@pytest.mark.bench
async def test_hanging_look_ups_are_answered_in_time_however_many(at_home: House) -> None:
    await open_conversation_for(at_home, JANE)
    await set_default_company(at_home, TAILSPIN)
    await open_form(at_home)
    at_home.weav.fail(WeavFault(hold=30.0))

    several = await asyncio.gather(
        *(suggestions(at_home.ann, "customer_id", typed) for typed in ["", "j", "ja", ZOE] * 5)
    )

    assert all(several)
    at_home.weav.faults.clear()


async def test_a_late_answer_is_used_for_the_next_character(at_home: House) -> None:
    await set_default_company(at_home, TAILSPIN)
    at_home.weav.fail(WeavFault(hold=1.5, times=1, **COMPANY))
    await open_form(at_home)
    assert (await suggestions(at_home.ann, "customer_id", "ra"))[0][0] == "nothing"

    await at_home.weav.until(lambda: at_home.weav.requests[-1].status == 200)

    assert await suggestions(at_home.ann, "customer_id", "rav") == [
        (RAVI, RAVIS, "Customer of this channel's company")
    ]


async def test_without_the_database_weav_still_confirms_an_id(at_home: House) -> None:
    await open_form(at_home)
    at_home.lose("known_customers")

    assert await suggestions(at_home.ann, "customer_id", JANE) == [
        (JANE, JANES, "Confirmed in Weav")
    ]
    [(value, _, reason)] = await suggestions(at_home.ann, "customer_id", "jan")
    assert (value, reason) == ("nothing", "The bot's database does not answer")


async def test_the_chosen_customer_gets_the_conversation(any_way: House) -> None:
    await open_conversation_for(any_way, ZOE)
    await open_form(any_way)

    await any_way.ann.submit({"channel": "chat", "customer_id": "brul"})

    await any_way.weav.until(lambda: len(any_way.weav.conversations) == 2)
    assert any_way.weav.conversations[1]["customer_id"] == ZOE


async def test_a_known_customer_in_the_command_is_shown_by_name(at_home: House) -> None:
    await open_conversation_for(at_home, JANE)

    await open_form(at_home, words=f"{JANE} Export hangs")

    option = at_home.ann.view.values["customer_id"]["customer_id"]["selected_option"]
    assert (option["value"], option["text"]["text"]) == (JANE, JANES)


async def test_an_unknown_customer_in_the_command_is_shown_by_id_without_waiting(
    any_way: House,
) -> None:
    any_way.weav.fail(WeavFault(delay=0.5))

    await open_form(any_way, words=f"{JANE} Export hangs")

    assert selected_value(any_way.ann.view, "customer_id") == JANE
    assert {request.status for request in any_way.weav.requests} <= {None}
    assert [call.method for call in any_way.slack.calls if "apps" not in call.method] == [
        "views.open"
    ]


async def test_an_unknown_customer_in_the_command_is_named_once_weav_answers(
    any_way: House,
) -> None:
    await open_form(any_way, words=f"{JANE} Export hangs")

    await any_way.slack.until(
        lambda _: "The customer is Jane Doe · jane@" in text_on(any_way.ann.view)
    )
    any_way.ann.fill({"channel": "email"})
    await any_way.ann.submit()
    assert "*Customer*\nJane Doe" in text_on(await any_way.card())


async def test_an_unchecked_customer_is_learned_after_the_conversation_is_created(
    at_home: House,
) -> None:
    unchecked = {"value": JANE, "text": {"type": "plain_text", "text": JANE}}
    await open_form(at_home)
    at_home.ann.view.offered["customer_id"] = [unchecked]
    at_home.ann.fill({"channel": "email", "customer_id": JANE})

    await at_home.ann.submit()

    assert (await until_customer_known(at_home, JANE)).name == "Jane Doe"
    assert [request.method for request in at_home.weav.requests] == ["POST", "GET"]


async def test_a_form_opens_without_the_database(tmp_path: Path) -> None:
    async with house(tmp_path) as at_home:
        at_home.lose("channel_defaults")

        await open_form(at_home, words=f"{JANE} Export hangs")

        assert selected_value(at_home.ann.view, "customer_id") == JANE
        assert "From your words" in text_on(at_home.ann.view)
        assert at_home.ann.view.block(ids.SUBJECT)
