"""Weav, Slack or a stranger answers with canaries and quotes what was sent."""

import asyncio
from contextlib import suppress

import httpx

from bot.sandbox.slack import RESPONSE_URL, Delivery, SlackFault
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.canaries.watched import ECHO, MESSAGE, NO_CODE, SUBJECT, Watched
from tests.harness import CREATE, LIST


async def the_good_day(bot: Watched) -> None:
    message_ts = bot.ann.say(MESSAGE, "C0SUPPORT")
    await bot.open_form()
    await bot.ann.submit()
    await bot.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))
    await bot.ann.close()
    await bot.ann.command("status")
    await bot.ann.command(f"help {SUBJECT}")
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))
    await bot.ann.suggest(ids.CUSTOMER_ID, "canary@example.com")
    await bot.ann.close()


async def weavs_bad_day(bot: Watched) -> None:
    faults = [
        WeavFault(status=422, body=ECHO, **CREATE),
        WeavFault(status=400, body=ECHO, **CREATE),
        WeavFault(status=500, body=ECHO, **CREATE),
        WeavFault(status=503, body=ECHO, **CREATE),
        WeavFault(status=201, body=ECHO, **CREATE),
        WeavFault.lost_answer(**CREATE),
    ]
    bot.weav.fail(WeavFault(status=403, body=ECHO, **LIST))  # so one look is enough
    for fault in faults:
        bot.weav.fail(fault)
        await bot.open_form()
        await bot.ann.submit()
        bot.weav.faults.remove(fault)
        await bot.close_all()
    bot.weav.faults.clear()


async def slacks_bad_day(bot: Watched) -> None:
    for fault in (
        SlackFault("views.open", status=500, body=SUBJECT),
        SlackFault("views.open", error=NO_CODE),
        SlackFault("views.open", drop="before", times=2),
    ):
        bot.slack.faults.add(fault)
        said = len(bot.slack.from_bot())
        await bot.ann.command(SUBJECT)
        await bot.says_more_than(said)
        await bot.struck()
    await _look_ups_fail(bot)
    # In the second channel, the bot can post only by response_url.
    for fault, slack_channel_id in (
        (SlackFault("chat.postMessage", status=500, body=SUBJECT), "C0SUPPORT"),
        (SlackFault("chat.postMessage", error=NO_CODE), "C0SUPPORT"),
        (SlackFault(RESPONSE_URL, status=500, body=SUBJECT), "G0BILLING"),
        (SlackFault(RESPONSE_URL, status=404, error=NO_CODE), "G0BILLING"),
    ):
        await bot.open_form(slack_channel_id=slack_channel_id)
        bot.slack.faults.add(fault)
        said = len(bot.slack.from_bot())
        await bot.ann.submit()
        await bot.struck()
        await bot.says_more_than(said)


async def _look_ups_fail(bot: Watched) -> None:
    """Look-ups of new users and channels: the bot has cached the others."""
    for method, strangers in (
        ("users.info", (("U0BEN", "C0SUPPORT"), ("U0CAT", "C0SUPPORT"))),
        ("conversations.info", (("U0ANN", "C0GENERAL"), ("U0ANN", "C0PARTNERS"))),
    ):
        faults = SlackFault(method, status=500, body=SUBJECT), SlackFault(method, error=NO_CODE)
        for fault, (slack_user_id, slack_channel_id) in zip(faults, strangers, strict=True):
            bot.slack.faults.add(fault)
            await bot.person(slack_user_id).command(SUBJECT, slack_channel_id)
            await bot.struck()
    await bot.close_all()


async def strangers(bot: Watched) -> None:
    view = {"id": SUBJECT, "callback_id": SUBJECT, "state": {"values": {SUBJECT: {SUBJECT: {}}}}}
    odd = {"type": "view_submission", "user": {"id": "U0ANN"}, "view": view}
    for payload in (
        odd,
        {"type": SUBJECT, "user": {"id": SUBJECT}},
        {"type": "block_actions", "user": {"id": "U0ANN"}, "actions": [{"action_id": SUBJECT}]},
        {
            "type": "block_actions",
            "user": {"id": "U0ANN"},
            "actions": [{"action_id": SUBJECT, "type": "button", "value": SUBJECT}],
        },
        {"type": "shortcut", "user": {"id": "U0ANN"}, "callback_id": SUBJECT, "trigger_id": "1"},
    ):
        await bot.ann.send(Delivery("interactive", payload))
    async with httpx.AsyncClient(trust_env=False) as http:
        for content in (SUBJECT.encode(), b"payload={" + SUBJECT.encode(), b"x" * 2_000_000):
            headers = {"x-slack-signature": "v0=CANARY", "x-slack-request-timestamp": "CANARY"}
            with suppress(httpx.TransportError):  # the bot stops reading a body that is too large
                await http.post(f"{bot.url}/slack/events", content=content, headers=headers)
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.get(f"{bot.url}/CANARY?token=CANARY", headers={"authorization": "CANARY"})
    await _no_http(bot.url)


async def _no_http(url: str) -> None:
    """Requests that uvicorn itself complains about."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(b"CANARY / CANARY\r\nx: CANARY\r\n\r\n")
    await reader.read()
    writer.close()
