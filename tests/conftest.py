import asyncio
import gc
import os
from collections.abc import Callable

import uvloop
from hypothesis import settings

from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

# How long an example takes says nothing beside others, on a busy machine: as in hypothesis's own
# profile for CI. Whoever waits for the tests gets fewer examples than CI.
FEW, USUAL = 30, 100
settings.register_profile(
    "patient", settings(), deadline=None, max_examples=USUAL if "CI" in os.environ else FEW
)
settings.load_profile("patient")

# What is imported and collected is no garbage, and looking for some in it was a third of the CPU.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the event loop that the bot runs on."""
    return {"uvloop": uvloop.new_event_loop}
