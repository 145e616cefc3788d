"""Blocks that are written out once.

The SDK takes 0.3 ms to check and write out one input, and a form of eight would keep all other
requests waiting for 3 ms each time it is opened; most of its inputs look the same each time.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, cast

from slack_sdk.models.blocks import Block

P = ParamSpec("P")
LOOKS = 256


class Drawn(Block):
    """A block as it goes to Slack; checked when it was drawn."""

    def __init__(self, written: dict[str, Any]) -> None:
        super().__init__(type=written["type"], block_id=written.get("block_id"))
        self._written = written

    def to_dict(self) -> dict[str, Any]:
        return dict(self._written)


def drawn_once(draw: Callable[P, Block]) -> Callable[P, Block]:
    """Remember what is drawn for the same arguments, which must be few and hashable."""

    def write(*args: P.args, **named: P.kwargs) -> Block:
        return Drawn(draw(*args, **named).to_dict())

    return cast("Callable[P, Block]", lru_cache(maxsize=LOOKS)(write))
