"""Weav sends text that PostgreSQL cannot store: a NUL."""

import json
from pathlib import Path
from typing import Any

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, open_harness, text_on


def created(**answer: str) -> dict[str, Any]:
    return {"status": 201, "body": json.dumps(answer).encode()}


async def test_a_reason_with_a_nul_is_shown_at_once(tmp_path: Path, postgres_url: str) -> None:
    async with open_harness(tmp_path, database=postgres_url) as harness:
        harness.weav.fail(WeavFault.refusal({"subject": ["Not\0this."]}, **CREATE))
        await harness.fill_in(subject="Export hangs")

        answer = await harness.ann.submit()

        assert answer.errors == {"subject": "Not this."}


async def test_a_conversation_with_a_nul_gets_its_card(tmp_path: Path, postgres_url: str) -> None:
    async with open_harness(tmp_path, database=postgres_url) as harness:
        harness.weav.fail(WeavFault(**created(id="c-1\0", subject="Export\0hangs"), **CREATE))
        await harness.fill_in(subject="Export hangs")

        await harness.ann.submit()

        card = await harness.card()
        entry = await harness.entry_in(State.ANNOUNCED)
        assert (entry.conversation_id, entry.message_ts) == ("c-1", card.ts)


async def test_a_new_customers_name_with_a_nul_delays_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    email, customer_id = "new@example.com", "3c90c3cc-0d44-4b50-8888-00000000abcd"
    named = created(id=customer_id, first_name="Ne\0w", last_name="\0", email=f"{email}\0")
    async with open_harness(tmp_path, database=postgres_url) as harness:
        harness.weav.fail(WeavFault(method="POST", path="/customers", **named))
        harness.weav.fail(WeavFault(**created(id="c-1", customer_id=customer_id), **CREATE))
        await harness.fill_in(customer_id="")
        await harness.ann.type_in({ids.CUSTOMER_ID: email})

        await harness.ann.submit()

        assert "Ne w" in text_on(await harness.card())
