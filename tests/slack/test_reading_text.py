import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import as_typed, plain

SOUP = st.text(alphabet="*_~`<>&;|@#!^:/. \nabUC1ltgamp\0", max_size=60)


@pytest.mark.parametrize(
    ("mrkdwn", "expected"),
    [
        ("see <https://weav.com/docs|the docs>", "see the docs"),
        ("<https://weav.com/a_b_c>", "https://weav.com/a_b_c"),
        ("mail <mailto:jane@example.com|jane@example.com>", "mail jane@example.com"),
        ("<tel:+4930123>", "+4930123"),
        ("<@U024BE7LH> <@U024BE7LH|ann> look", "look"),
        ("<!here> <!channel> <!subteam^SAZ94GDB8|@support> look", "look"),
        ("in <#C024BE7LR|general>", "in #general"),
        ("in <#C024BE7LR|> or <#C024BE7LR>, please", "in or , please"),
        ("`<#C024BE7LR|>`", ""),
        ("since <!date^1392734382^{date}|Feb 18th, 2014>", "since Feb 18th, 2014"),
        ("*bold*, _italic_, ~gone~ and `code`", "bold, italic, gone and code"),
        ("_*~all~*_ of <https://a.example|*it*>", "all of *it*"),
        ("*bold <https://a.example|link>*", "bold link"),
        ("snake_case_name 2*3*4 a ~ b ~ c", "snake_case_name 2*3*4 a ~ b ~ c"),
        ("`a*b*c` stays", "a*b*c stays"),
        ("```\nraise *x*\n  y\n```\ndone", "raise *x* y done"),
        ("&gt; quoted\n&gt; twice\nnot", "quoted twice not"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        ("&lt;@U1&gt;", "<@U1>"),
        (":tada: done", ":tada: done"),
        ("a\n\n  b", "a b"),
        ("", ""),
    ],
)
def test_a_message_becomes_one_plain_line(mrkdwn: str, expected: str) -> None:
    assert plain(mrkdwn) == expected


@given(st.text() | SOUP)
def test_any_message_becomes_one_line(mrkdwn: str) -> None:
    assert plain(mrkdwn) == " ".join(plain(mrkdwn).split())


@given(st.text(alphabet="abc123 äß漢_-.:,;!?'()", max_size=60))
def test_text_without_pairs_of_marks_is_unchanged(text: str) -> None:
    text = text.replace("_", "x_x")

    assert plain(text) == " ".join(text.split())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ask <@U024BE7LH|ann> or <@U024BE7LH>", "ask @ann or @U024BE7LH"),
        ("<#C024BE7LR|general> <!here> <!subteam^S1|@team>", "#general @here @team"),
        ("<#C024BE7LR|> or <#C024BE7LR>", "#C024BE7LR or #C024BE7LR"),
        ("*a* &lt;b&gt; <https://a.example>", "*a* <b> https://a.example"),
        ("x <b> y", "x <b> y"),
    ],
)
def test_command_text_is_shown_as_it_was_typed(typed: str, expected: str) -> None:
    assert as_typed(typed) == expected
