import json
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.from_message import Mentions, mentions_in
from bot.form.options import create_offer, customer_label
from bot.form.values import parse_customer, parse_new_customer
from bot.ledger import KnownCustomer
from bot.slack.options import Suggestion, options
from bot.weav.directory import NewCustomer
from tests.slack.limits import NASTY
from tests.slack.payloads import ASSIGNEE, CUSTOMER


@pytest.mark.parametrize("text", [*NASTY, "", "x" * 1000])
def test_slack_takes_any_option(text: str) -> None:
    for drawn in options([Suggestion("v", text, text), Suggestion(f"{text[:150]}x", text)]):
        assert 1 <= len(drawn["text"]["text"]) <= 75
        assert drawn["text"]["type"] == "plain_text"
        assert len(drawn["value"]) <= 150
        assert len(drawn.get("description", {"text": ""})["text"]) <= 75


def test_a_value_is_offered_once_and_at_most_a_hundred_are() -> None:
    drawn = options([Suggestion(str(number // 2), f"number {number}") for number in range(400)])

    assert len(drawn) == 100
    assert drawn[1]["text"]["text"] == "number 2"


def test_a_customer_label_has_whatever_is_known() -> None:
    assert customer_label(KnownCustomer("id", "Jane", "j@x.example")) == "Jane · j@x.example"
    assert customer_label(KnownCustomer("id", "", "j@x.example")) == "j@x.example"
    assert customer_label(KnownCustomer("id", "Jane", "")) == "Jane"
    assert customer_label(KnownCustomer("id", "", "")) == "id"
    long = customer_label(KnownCustomer("id", "J" * 200, "jane@example.com"))
    assert long.endswith("… · jane@example.com")
    assert len(long) == 75


def test_an_option_value_is_parsed_back_into_its_customer() -> None:
    offer = create_offer(NewCustomer(email="jane@example.com"))
    assert parse_customer(offer.value) == NewCustomer(email="jane@example.com")
    assert parse_customer(CUSTOMER) == UUID(CUSTOMER)
    for nothing in ("", "nothing", "create:", "create:jane", "jane@example.com"):
        assert parse_customer(nothing) is None


def test_an_address_too_long_for_an_option_is_not_offered() -> None:
    assert parse_new_customer(f"{'x' * 131}@example.com")
    assert parse_new_customer(f"{'x' * 132}@example.com") is None


@given(st.text())
def test_any_value_is_read_without_an_error(value: str) -> None:
    parse_customer(value)
    mentions_in(value)


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("nothing", Mentions()),
        (f"of {CUSTOMER.upper()}.", Mentions(ids=(CUSTOMER,))),
        (f"<https://x.example/customers/{CUSTOMER}|her>", Mentions(ids=(CUSTOMER,))),
        (
            f"<https://x.example/conversations/{ASSIGNEE}>",
            Mentions(conversation_ids=(ASSIGNEE,)),
        ),
        (
            "<mailto:jane@example.com|jane@example.com> and joe@example.com.",
            Mentions(emails=("jane@example.com", "joe@example.com")),
        ),
        ("a@b.example,c@d.example", Mentions(emails=("a@b.example", "c@d.example"))),
        (f"x{CUSTOMER} {CUSTOMER}y", Mentions()),
    ],
)
def test_mentions_of_customers_are_found_in_a_message(text: str, mentions: Mentions) -> None:
    assert mentions_in(text) == mentions


def test_a_long_message_is_read_in_no_time() -> None:
    for text in ("a@" * 20_000, "a." * 20_000 + "@", "x@a" + ".a" * 20_000 + "@", "0" * 40_000):
        assert mentions_in(text).ids == ()


def test_at_most_three_mentions_of_each_kind_count() -> None:
    text = " ".join(f"person{number}@example.com" for number in range(9))
    assert len(mentions_in(text).emails) == 3
    assert re.match("person0", json.dumps(mentions_in(text).emails)[2:])
