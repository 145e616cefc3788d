"""Everything that people can do with the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, JANE

if TYPE_CHECKING:
    from tests.event_loop.alone import Alone

ANN_IN_WEAV: Final = "5e1a0000-0000-4000-8000-000000000001"
ZOE: Final = "3c90c3cc-0d44-4b50-8888-000000000002"


async def do_everything(alone: Alone) -> None:
    """After each step, wait until people see the result."""
    await _commands(alone)
    await _form(alone)
    await _new_customer(alone)
    await _clicks(alone)
    await _in_weav(alone)
    await _shortcuts(alone)
    await _home_tab(alone)
    await _bad_days(alone)


async def _commands(alone: Alone) -> None:
    """Ann is the only admin, and Eve is denied."""
    ann, ben = alone.ann, alone.ben
    assert "/weav-conversation" in str((await ann.command("help")).body)
    assert ANN_IN_WEAV in str((await ann.command(f"me {ANN_IN_WEAV}")).body)
    await ann.command("check")
    await alone.told("Weav read")
    assert "<@U0ANN>" in str((await ben.command("check")).body)
    assert "ephemeral" in str((await alone.eve.command()).body)
    await ben.command("defaults")
    await alone.view(person=ben)
    await ben.submit({"channel": "chat", "priority": "high"})
    assert "none yet" in str((await ben.command("status")).body)


async def _form(alone: Alone) -> None:
    ann = alone.ann
    alone.weav.store.create_conversation({"channel": "chat", "customer_id": JANE})
    await ann.command("urgent Export hangs")
    await alone.view()
    for field, value in (("channel", "chat"), ("channel", "email"), ("assignee_type", "agent")):
        await ann.act(field, value)
    await alone.view("the active email agent")
    await ann.suggest("customer_id", "")
    await ann.suggest("customer_id", "jan")
    found = await ann.suggest("customer_id", JANE)
    await ann.act("customer_id", found.options[0]["value"])
    await alone.view("Open already")
    await ann.submit({"assignee_id": "mail", "subject": "Export hangs for everybody"})
    await alone.card(1)


async def _new_customer(alone: Alone) -> None:
    ann = alone.ann
    await ann.command()
    await alone.view()
    await ann.submit({"channel": "email", "customer_id": "new@example.com"})
    await alone.card(2)


async def _clicks(alone: Alone) -> None:
    card = await alone.card(2)
    for action_id, value, said in (
        (ids.ASSIGN_TO_ME, None, ANN_IN_WEAV),
        (ids.SET_PRIORITY, "low", "set the priority to Low"),
        (ids.CLOSE, None, "closed it"),
        (ids.OPEN_AGAIN, None, "reopened it"),
    ):
        await alone.ann.click(action_id, card.ts, value)
        await alone.until_it_says(card, said)


async def _in_weav(alone: Alone) -> None:
    card = await alone.card(2)
    [*_, conversation] = alone.weav.conversations
    alone.weav.store.change(conversation["id"], status="closed", priority="high")
    await alone.until_it_says(card, "Closed in Weav", within=10)
    await alone.slack.until(lambda _: alone.weav.webhooks.is_idle)


async def _shortcuts(alone: Alone) -> None:
    ann = alone.ann
    message_ts = ann.say(f"The export of {JANE} hangs since Monday.", "C0SUPPORT")
    await ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await alone.view()
    await ann.submit({"channel": "email", "customer_id": JANE})
    await alone.card(3)
    await ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await alone.view("Open another one")
    await ann.close()
    await ann.global_shortcut(ids.GLOBAL_SHORTCUT)
    await alone.view()
    await ann.close()


async def _home_tab(alone: Alone) -> None:
    """Ann is an admin; her home tab is updated later."""
    await alone.ann.open_home()
    await alone.until_home_shows("Export hangs for everybody", "*Weav read*")
    await alone.ann.act_in_home(ids.REOPEN)
    await alone.view()
    await alone.ann.close()
    await alone.eve.open_home()
    await alone.until_home_shows("None, as far as the bot knows", person=alone.eve)


async def _bad_days(alone: Alone) -> None:
    ann = alone.ann
    await _submit(alone, WeavFault(status=401, times=1, **CREATE))
    await alone.view("token is not accepted")
    await ann.close()
    await _submit(alone, WeavFault.lost_answer(times=1, **CREATE))
    await alone.card(4)
    await _submit(alone, WeavFault.lost_request(times=1, **CREATE))
    await alone.view("Not confirmed")
    await ann.act(ids.CREATE_AGAIN)
    await alone.card(5)
    await ann.close()
    alone.slack.triggers.seconds, usual = 0, alone.slack.triggers.seconds
    await ann.command("Too late")
    await alone.told("took too long")
    alone.slack.triggers.seconds = usual
    await _submit(alone, WeavFault.rate_limit("600", **CREATE))
    await alone.view("Queued")
    await ann.close()
    assert "A bad day" in str((await ann.command("status")).body)
    await alone.until_home_shows("A bad day: queued")


async def _submit(alone: Alone, fault: WeavFault) -> None:
    await alone.ann.command(f"email {ZOE} A bad day")
    await alone.view()
    alone.weav.fail(fault)
    await alone.ann.submit()
