import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.values import FormValues
from bot.slack.text import as_typed
from handlers.command_text import OpenForm, Subcommand, parse_command

CUSTOMER = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
OTHER = "11111111-2222-3333-4444-555555555555"
KNOWN = ["email", "chat", "low", "normal", "high", "urgent", CUSTOMER]
SUBCOMMANDS = {"help", "?", "status", "check", "defaults"}
WORDS = st.sampled_from(
    [*KNOWN, "help", "?", "status", "EMAIL", "<", ">", "&amp;", "<@U1|ann>", "a*b*"]
)
TYPED = (st.text() | st.lists(WORDS | st.text(min_size=1, max_size=8)).map(" ".join)).filter(
    lambda text: text.strip().lower() not in SUBCOMMANDS
)


def filled(text: str) -> FormValues:
    words = parse_command(text)
    assert isinstance(words, OpenForm)
    return words.values


@pytest.mark.parametrize("text", ["help", " HELP ", "?"])
def test_help_alone_asks_for_help(text: str) -> None:
    assert parse_command(text) == Subcommand.HELP


def test_status_alone_asks_for_the_status() -> None:
    assert parse_command("Status") == Subcommand.STATUS


@pytest.mark.parametrize("text", ["status page is down", "help me", "? what", "helpful"])
def test_a_subcommand_with_more_words_is_a_subject(text: str) -> None:
    assert filled(text) == FormValues(subject=text)


def test_nothing_typed_opens_an_empty_form() -> None:
    assert filled("  ") == FormValues()


@pytest.mark.parametrize("order", list(itertools.permutations(["Email", "URGENT", CUSTOMER])))
def test_the_fields_come_in_any_order_before_the_subject(order: tuple[str, ...]) -> None:
    values = filled(" ".join([*order, 'Export  "hangs" at 40 %']))

    assert values == FormValues(
        channel="email",
        priority="urgent",
        customer_id=CUSTOMER,
        subject='Export "hangs" at 40 %',
    )


def test_a_priority_alone_is_the_priority() -> None:
    assert filled("urgent") == FormValues(priority="urgent")


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("email chat is broken", "chat is broken"),
        ("high low tide", "low tide"),
        (f"{CUSTOMER} {OTHER}", OTHER),
        ("email the customer", "the customer"),
        ("ask urgent", "ask urgent"),
        ("email, urgent", "email, urgent"),
    ],
)
def test_the_subject_starts_at_the_first_word_that_is_no_field(text: str, subject: str) -> None:
    assert filled(text).subject == subject


@pytest.mark.parametrize(
    "word",
    [
        CUSTOMER.upper(),
        CUSTOMER.replace("-", ""),
        "{" + CUSTOMER + "}",
        f"urn:uuid:{CUSTOMER}",
        f"https://app.example/customers/{CUSTOMER}",
        f"app.example/customers/{CUSTOMER}/edit?tab=1",
        f"<https://app.example/customers/{CUSTOMER}>",
        f"<https://app.example/customers/{CUSTOMER}|Jane Doe>",
        f"<https://app.example/x|{CUSTOMER}>",
        f"https://app.example/{OTHER}/customers/{CUSTOMER}/conversations/{OTHER}",
        f"https://app.example/?customer={CUSTOMER}",
        f"https://app.example/w/{CUSTOMER}",
    ],
)
def test_a_customer_is_recognised_by_a_uuid_or_a_link(word: str) -> None:
    assert filled(f"{word} chat hello") == FormValues(
        customer_id=CUSTOMER, channel="chat", subject="hello"
    )


@pytest.mark.parametrize(
    "word",
    [
        f"https://app.example/conversations/{CUSTOMER}",
        f"x{CUSTOMER}",
        f"{CUSTOMER}-1",
        "https://app.example/customers",
        f"/{CUSTOMER}1",
    ],
)
def test_a_word_that_is_no_customer_is_a_subject(word: str) -> None:
    assert filled(word) == FormValues(subject=word)


def test_a_subject_over_500_characters_is_kept_for_the_user_to_cut() -> None:
    assert len(filled("x" * 700).subject) == 700


@given(TYPED)
def test_no_word_is_lost(text: str) -> None:
    values = filled(text)
    seen, subject = as_typed(text).split(), values.subject.split()
    taken = seen[: len(seen) - len(subject)]

    assert [*taken, *subject] == seen
    # `as_typed` may leave only the opening bracket of a link.
    assert sorted(word.lower().removeprefix("<") for word in taken) == sorted(
        filter(None, [values.channel, values.priority, values.customer_id])
    )


@given(st.text(alphabet="<>|&;^@#!/-{}0123456789abcdef emailchturgn\n\0\ud800"))
def test_any_text_is_parsed_without_an_error(text: str) -> None:
    parse_command(text)
