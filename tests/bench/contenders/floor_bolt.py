"""The form with the bot's own packages at their fastest, without anything else that the bot does.

No ledger, validation, log, names or retries: with these packages, nothing is faster.
"""

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from tests.bench.contenders.fastest import app, serve_frozen, slack, spawn, weav
from tests.bench.contenders.plain import MODAL, request_of
from tests.bench.contenders.serving import announce, sharing


@app.view(MODAL)
async def submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
    await ack()
    spawn(open_conversation(body))


async def open_conversation(body: dict[str, Any]) -> None:
    answer = await weav.post("/conversations", json=request_of(body["view"]))
    await announce(slack, body, answer)


if __name__ == "__main__":
    serve_frozen(sharing(slack, weav))
