"""One request for all who look through a customer's conversations at the same time."""

import asyncio
from uuid import UUID

from bot.sandbox.weav import WeavFault
from bot.submissions.reconcile import CustomerLists
from bot.tasks import Tasks
from bot.weav.models import Conversation
from bot.weav.pages import LookUpFailed
from tests.house import LIST
from tests.weav.served import ServedWeav, served_weav


def lists(weav: ServedWeav) -> list[str]:
    return [request.path for request in weav.sandbox.requests if request.method == "GET"]


async def test_those_who_ask_at_the_same_time_share_one_request() -> None:
    async with served_weav() as weav:
        made = await weav.opened()
        customers = CustomerLists(weav.client, Tasks())

        read = await asyncio.gather(
            *(customers.read(UUID(weav.customer_id)) for _ in range(20)),
        )

        assert [[each.id for each in listed] for listed in map(conversations, read)] == [
            [made["id"]]
        ] * 20
        assert len(lists(weav)) == 1


async def test_whoever_asks_after_a_request_began_gets_a_newer_list() -> None:
    """What was created meanwhile is in it; those who wait for that one share it."""
    async with served_weav() as weav:
        customers, customer_id = CustomerLists(weav.client, Tasks()), UUID(weav.customer_id)
        weav.sandbox.fail(WeavFault(hold=0.5, times=1, **LIST))
        first = asyncio.create_task(customers.read(customer_id))
        await weav.sandbox.until(lambda: bool(lists(weav)))
        made = await weav.opened()

        later = await asyncio.gather(*(customers.read(customer_id) for _ in range(5)))

        assert conversations(await first) == ()
        assert all([each.id for each in conversations(one)] == [made["id"]] for one in later)
        assert len(lists(weav)) == 2


async def test_another_customers_list_is_not_waited_for() -> None:
    async with served_weav() as weav:
        one, other = [UUID(each) for each in list(weav.sandbox.store.customers)[:2]]
        customers = CustomerLists(weav.client, Tasks())
        weav.sandbox.fail(WeavFault(hold=2, times=1, **LIST))
        first = asyncio.create_task(customers.read(one))
        await weav.sandbox.until(lambda: bool(lists(weav)))

        await customers.read(other)

        assert not first.done()
        await first


def conversations(listed: tuple[Conversation, ...] | LookUpFailed) -> tuple[Conversation, ...]:
    assert not isinstance(listed, LookUpFailed)
    return listed
