"""Everything else that users do with the bot, with canaries in it."""

import sqlite3
from contextlib import closing

from bot.sandbox.slack import SlackFault, SlackMessage, Workspace
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.canaries.watched import CUSTOMER, ECHO, MESSAGE, NO_CODE, SUBJECT, Watched
from tests.harness import CREATE, JANE, LIST, text_on
from tests.scenarios.cards import ANN_IN_WEAV, READ, WRITE
from tests.scenarios.filling import AGENTS, COMPANY, NEW_CUSTOMER, ZOE
from tests.scenarios.filling import CUSTOMER as ONE_CUSTOMER


async def looking_up(bot: Watched) -> None:
    for failing in (True, False):
        if failing:
            for where in (ONE_CUSTOMER, AGENTS, COMPANY, LIST):
                bot.weav.fail(WeavFault(status=500, body=ECHO, **where))
        await _open_empty(bot)
        for words in (CUSTOMER, "canary", JANE, ZOE):
            await bot.ann.suggest(ids.CUSTOMER_ID, words)
        await bot.ann.act(ids.ASSIGNEE_TYPE, "agent")
        await bot.ann.suggest(ids.ASSIGNEE_ID, "canary")
        await bot.close_all()
        bot.weav.faults.clear()


async def new_customers(bot: Watched) -> None:
    for number, fault in enumerate(
        (
            WeavFault(status=422, body=ECHO, times=1, **NEW_CUSTOMER),
            WeavFault(status=201, body=ECHO, times=1, **NEW_CUSTOMER),
            WeavFault.lost_answer(times=1, **NEW_CUSTOMER),
            WeavFault(times=1, **NEW_CUSTOMER),
        )
    ):
        bot.weav.fail(fault)
        await _open_empty(bot)
        address = f"canary{number}@example.com"
        await bot.ann.submit({"channel": "email", "customer_id": address, "subject": SUBJECT})
        await bot.close_all()


async def a_card(bot: Watched) -> None:
    await bot.open_form()
    await bot.ann.submit()
    card = await bot.slack.until(lambda _: _cards(bot)[-1])
    for fault in (
        WeavFault(status=409, body=ECHO, times=1, **READ),
        WeavFault(status=422, body=ECHO, times=1, **WRITE),
        WeavFault(status=200, body=ECHO, times=1, **READ),
    ):
        bot.weav.fail(fault)
        said = len(bot.slack.from_bot())
        await bot.ann.click(ids.CLOSE, card.ts)
        await bot.says_more_than(said)
    await bot.ann.click(ids.CLOSE, card.ts)
    await bot.slack.until(lambda _: "closed it" in text_on(card))


async def weav_tells(bot: Watched) -> None:
    """Changes in Weav and messages of the customer, while Weav and Slack quote them."""
    await bot.ann.command("defaults")
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))
    await bot.ann.submit({"replies": "text"})
    cards = len(_cards(bot))
    await bot.open_form()
    await bot.ann.submit()
    card = await bot.slack.until(lambda _: next(iter(_cards(bot)[cards:]), None))
    [*_, conversation] = bot.weav.conversations
    bot.weav.fail(WeavFault(status=500, body=ECHO, times=1, **READ))
    bot.slack.faults.add(SlackFault("chat.update", status=500, body=SUBJECT))
    bot.weav.store.change(conversation["id"], status="closed")
    bot.weav.store.write(conversation["id"], MESSAGE)
    for signature in ("CANARY", None):
        await bot.weav.webhooks.post(f'{{"id": "{SUBJECT}"}}'.encode(), SUBJECT, signature)
    await bot.weav.webhooks.post(SUBJECT.encode(), SUBJECT)
    await bot.slack.until(lambda _: "Closed in Weav" in text_on(card), 30)
    await bot.slack.until(lambda slack: any(" replied" in m.text for m in slack.from_bot()), 30)


async def what_is_not_confirmed(bot: Watched) -> None:
    bot.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    bot.weav.fail(WeavFault(status=403, body=ECHO, **LIST))
    await bot.open_form(f"{SUBJECT} again")
    await bot.ann.submit()
    for choice in (ids.LOOK_AGAIN, ids.LEAVE):
        await bot.slack.until(lambda _: _offers(bot, ids.LEAVE), 10)
        await bot.ann.act(choice)
    await bot.slack.until(lambda _: not _offers(bot, ids.LEAVE), 10)
    bot.weav.faults.clear()
    await bot.close_all()


async def the_home_tab(bot: Watched) -> None:
    """The home tab of an admin who has every kind of entry in it."""
    bot.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    bot.weav.fail(WeavFault(status=403, body=ECHO, **LIST))
    await bot.open_form(f"{SUBJECT} at home")
    await bot.ann.submit()
    await bot.slack.until(lambda _: _offers(bot, ids.LEAVE), 10)
    await bot.close_all()
    bot.slack.faults.add(SlackFault("views.publish", error=NO_CODE))
    await bot.ann.open_home()
    await bot.struck()
    await bot.ann.open_home()
    await bot.slack.until(lambda slack: "*Weav read*" in _at_home(slack), 10)
    await bot.ann.act_in_home(ids.LOOK_AGAIN)
    await bot.slack.until(lambda slack: "looked again" in _at_home(slack), 10)
    await bot.ann.act_in_home(ids.LEAVE)
    await bot.slack.until(lambda slack: "left as it is" in _at_home(slack), 10)
    bot.weav.faults.clear()


def _at_home(slack: Workspace) -> str:
    return text_on(slack.homes["U0ANN"]) if "U0ANN" in slack.homes else ""


async def commands(bot: Watched) -> None:
    await bot.ann.command("defaults")
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))
    await bot.ann.suggest(ids.COMPANY_ID, "canary")
    await bot.ann.submit({"channel": "email", "priority": "high"})
    for words in (f"me {ANN_IN_WEAV}", "check", "status"):
        await bot.ann.command(words)


async def what_waits(bot: Watched) -> None:
    """One row is created later, one loses its answer, and two come back: refused and expired."""
    bot.weav.fail(WeavFault(status=403, body=ECHO, **LIST))  # so one look is enough
    for later in (
        WeavFault(times=1, **CREATE),
        WeavFault.lost_answer(times=1, **CREATE),
        WeavFault(status=422, body=ECHO, times=1, **CREATE),
        WeavFault(status=503, body=ECHO, **CREATE),
    ):
        bot.weav.fail(WeavFault(status=503, body=ECHO, times=1, **CREATE))
        bot.weav.fail(later)
        said = len(bot.slack.from_bot())
        await bot.open_form()
        await bot.ann.submit()
        await bot.close_all()
        await bot.says_more_than(said, 20)
    await bot.ann.click(ids.REOPEN)
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))


async def without_the_database(bot: Watched) -> None:
    """The last step: afterwards the database is gone."""
    await bot.open_form()
    with closing(sqlite3.connect(bot.database, isolation_level=None)) as other:
        for table in ("submissions", "cards", "known_customers"):
            other.execute(f"DROP TABLE {table}")
    await bot.ann.submit()
    await bot.ann.suggest(ids.CUSTOMER_ID, CUSTOMER)
    await bot.ann.command("status")
    await bot.ann.open_home()
    await bot.slack.until(lambda slack: "does not answer" in _at_home(slack), 10)
    said = len(bot.slack.from_bot())
    await bot.ann.click(ids.OPEN_AGAIN)
    await bot.says_more_than(said)


async def _open_empty(bot: Watched) -> None:
    await bot.ann.command("")
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))


def _cards(bot: Watched) -> list[SlackMessage]:
    return [m for m in bot.slack.from_bot("C0SUPPORT") if not m.only_for]


def _offers(bot: Watched, action_id: str) -> bool:
    view = bot.slack.top_view("U0ANN")
    return view is not None and action_id in str(view.blocks)
