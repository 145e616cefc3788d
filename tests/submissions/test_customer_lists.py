"""Concurrent readers of a customer's conversations share a request."""

import asyncio
from uuid import UUID

from bot.sandbox.weav import WeavFault
from bot.submissions.reconcile import CustomerLists
from bot.tasks import Tasks
from bot.weav.models import Conversation
from bot.weav.pages import LookUpFailed
from tests.harness import LIST
from tests.weav.served import ServedWeav, served_weav


def list_requests(weav: ServedWeav) -> list[str]:
    return [request.path for request in weav.sandbox.requests if request.method == "GET"]


async def test_concurrent_readers_share_one_request() -> None:
    async with served_weav() as weav:
        made = await weav.opened()
        customers = CustomerLists(weav.client, Tasks())

        read = await asyncio.gather(
            *(customers.read(UUID(weav.customer_id)) for _ in range(20)),
        )

        assert [[each.id for each in listed] for listed in map(conversations, read)] == [
            [made["id"]]
        ] * 20
        assert len(list_requests(weav)) == 1


async def test_a_reader_that_asks_after_a_request_began_gets_a_newer_list() -> None:
    """It includes what was created meanwhile, and later readers share it."""
    async with served_weav() as weav:
        customers, customer_id = CustomerLists(weav.client, Tasks()), UUID(weav.customer_id)
        weav.sandbox.fail(WeavFault(hold=0.5, times=1, **LIST))
        first = asyncio.create_task(customers.read(customer_id))
        await weav.sandbox.until(lambda: bool(list_requests(weav)))
        made = await weav.opened()

        later = await asyncio.gather(*(customers.read(customer_id) for _ in range(5)))

        assert conversations(await first) == ()
        assert all([each.id for each in conversations(one)] == [made["id"]] for one in later)
        assert len(list_requests(weav)) == 2


async def test_lists_of_different_customers_do_not_wait_for_each_other() -> None:
    async with served_weav() as weav:
        one, other = [UUID(each) for each in list(weav.sandbox.store.customers)[:2]]
        customers = CustomerLists(weav.client, Tasks())
        weav.sandbox.fail(WeavFault(hold=2, times=1, **LIST))
        first = asyncio.create_task(customers.read(one))
        await weav.sandbox.until(lambda: bool(list_requests(weav)))

        await customers.read(other)

        assert not first.done()
        await first


def conversations(listed: tuple[Conversation, ...] | LookUpFailed) -> tuple[Conversation, ...]:
    assert not isinstance(listed, LookUpFailed)
    return listed
