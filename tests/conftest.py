import asyncio
import gc
import os
from collections.abc import Callable

import uvloop
from hypothesis import settings

from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

# No deadline: on a busy machine, the time that an example takes proves nothing. Hypothesis's own
# profile for CI has none either. Local runs try fewer examples than CI.
FEW, USUAL = 30, 100
settings.register_profile(
    "patient", settings(), deadline=None, max_examples=USUAL if "CI" in os.environ else FEW
)
settings.load_profile("patient")

# Imported modules and collected tests are never garbage. Scanning them took a third of the CPU
# time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests use the same event loop as the bot."""
    return {"uvloop": uvloop.new_event_loop}
