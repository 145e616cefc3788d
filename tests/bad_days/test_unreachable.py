"""Weav or Slack cannot be reached: requests wait, also through a restart, and then happen once."""

from __future__ import annotations

import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from bot.app import Pace
from bot.form.form import Form
from bot.form.values import FormValues, Origin
from bot.form.view import render
from bot.ledger import State
from bot.metrics import Metrics
from bot.sandbox.slack.methods.registry import call_method
from bot.slack.api import Failed, SlackApi
from bot.slack.client import Installation, SlackClient, slack_session
from tests.bad_days.faulty_proxy import resetting_listener, talking_listener
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.table import NOWHERE
from tests.harness import JANE, Harness, open_harness, text_on
from tests.process import free_port
from tests.weav import test_weav_client
from tests.weav.raw_server import hangs, raw_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# The first bot is stopped while it still retries.
IMPATIENT = Pace(lease=3, delivery=3, answers=0.5, drain=0.5, looks=(0.1, 0.2, 0.4))
CERTIFICATE = Path(test_weav_client.__file__).with_name("untrusted.pem")


@asynccontextmanager
async def nowhere(name: str) -> AsyncIterator[str]:
    """Yield a base URL that cannot be reached, in one of the ways of NOWHERE."""
    async with AsyncExitStack() as stack:
        match name:
            case "refused":
                yield f"http://127.0.0.1:{free_port()}"
            case "DNS failure":
                yield "https://nobody.invalid"
            case "TLS: not trusted":
                tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                tls.load_cert_chain(CERTIFICATE)
                yield (await stack.enter_async_context(raw_server(hangs, tls=tls))).url
            case "TLS: none spoken":
                yield f"https://{await stack.enter_async_context(talking_listener())}"
            case _:
                yield f"http://{await stack.enter_async_context(resetting_listener())}"


@pytest.mark.parametrize("name", NOWHERE)
async def test_a_conversation_that_could_not_be_sent_to_weav_is_created_by_the_next_bot(
    tmp_path: Path, name: str
) -> None:
    with logged() as log:
        async with (
            nowhere(name) as base,
            open_harness(tmp_path, weav_url=base, pace=IMPATIENT, weav_timeout="2") as without_weav,
        ):
            await without_weav.ann.command(f"email {JANE} Export hangs")
            await without_weav.slack.until(lambda slack: slack.top_view("U0ANN"))
            answer = await without_weav.ann.submit()
            assert answer.seconds < 3
            sent = name == "reset before it reads"
            said = "may have been created or not" if sent else "is queued and will be created"
            await without_weav.slack.until(lambda slack: said in text_on(slack.top_view("U0ANN")))
            await without_weav.entry_in(State.UNCONFIRMED if sent else State.QUEUED)
        async with open_harness(tmp_path) as harness:
            if not sent:
                assert "It waited" in text_on(await harness.card())
                await harness.entry_in(State.ANNOUNCED)
            assert len(harness.weav.conversations) == (0 if sent else 1)
    assert logged_badly(log) == []


@pytest.mark.parametrize("name", NOWHERE)
async def test_a_form_that_could_not_be_opened_is_offered_in_the_answer(
    tmp_path: Path, name: str
) -> None:
    with logged() as log:
        async with (
            nowhere(name) as base,
            open_harness(tmp_path, pace=IMPATIENT, slack_api_url=f"{base}/api/") as without_slack,
        ):
            answer = await without_slack.ann.command("Export hangs")
            assert (answer.trouble, answer.seconds < 3) == ("", True)
            message = await without_slack.private_answer()
            assert "Slack did not open the form" in text_on(message)
    assert logged_badly(log) == []


async def test_a_slack_with_an_untrusted_certificate_has_certainly_done_nothing() -> None:
    metrics, installation = Metrics(CollectorRegistry()), Installation()
    async with nowhere("TLS: not trusted") as base, slack_session() as session:
        client = SlackClient("xoxb-1", f"{base}/api/", session, metrics, installation)

        result = await SlackApi(client).open_view("1.2.3", {})

    assert result == Failed("not_reached", certain=True)


@pytest.mark.parametrize(
    "name", ["refused", *(pytest.param(name, marks=pytest.mark.long) for name in NOWHERE[1:])]
)
async def test_a_card_that_could_not_be_posted_is_posted_by_the_next_bot(
    tmp_path: Path, name: str
) -> None:
    with logged() as log:
        async with (
            nowhere(name) as base,
            open_harness(
                tmp_path,
                pace=IMPATIENT,
                slack_api_url=f"{base}/api/",
                slack_allow_guests="true",  # otherwise the bot asks Slack who Ann is
                slack_allow_external="true",
            ) as without_slack,
        ):
            _show_form(without_slack)
            answer = await without_slack.ann.submit({"post_to": "C0SUPPORT"})
            assert (answer.trouble, answer.errors, answer.seconds < 3) == ("", {}, True)
            await without_slack.entry_in(State.OPENED)
            assert len(without_slack.weav.conversations) == 1
        async with open_harness(tmp_path) as harness:
            # A card that may have been posted goes to the author, not to the channel again.
            perhaps_there = name == "reset before it reads"
            message = await (harness.direct_message() if perhaps_there else harness.card())
            assert "Export hangs" in text_on(message)
            await harness.entry_in(State.ANNOUNCED)
            assert harness.weav.creations == []
    assert logged_badly(log) == []


def _show_form(there: Harness) -> None:
    """Open the form without the bot, as if Slack had gone away just afterwards."""
    values = FormValues(channel="email", customer_id=JANE, subject="Export hangs")
    view = render(Form(values, Origin(via="command", slack_channel_id="C0SUPPORT")))
    trigger_id = there.slack.triggers.issue("U0ANN", "C0SUPPORT")
    arguments = {"trigger_id": trigger_id, "view": view}
    call_method(there.slack, "views.open", there.slack.bot_token, arguments)
