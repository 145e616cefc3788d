"""`python -m tests.bench [--quick | --memory | --cpu]`: the bot against the same form in Bolt."""

import argparse
import os
import platform
import time
from pathlib import Path

import uvloop

from tests.bench.chart import chart
from tests.bench.contestants import (
    ASYNC,
    BOT,
    DURABLE,
    FLOOR,
    JAVASCRIPT,
    PEER,
    SHARED_COMMITS,
    SYNC,
    bot_of,
    with_node,
    with_postgresql,
)
from tests.bench.cpu import AMOUNT, compare
from tests.bench.measuring import FULL, QUICK, Amount
from tests.bench.memory import sizes
from tests.bench.running import measured
from tests.bench.table import markdown, table

HERE = Path(__file__).parent
MOST_GROWTH = 1.1


async def bench(amount: Amount, folder: Path) -> str:
    js, peer = await with_node(JAVASCRIPT), with_postgresql(PEER)
    # Sync Bolt comes last: its leftovers of the slow-Weav row then disturb no other program.
    chosen = (BOT, DURABLE, SHARED_COMMITS, peer, ASYNC, js, FLOOR, SYNC)
    contestants = [each for each in chosen if each is not None]
    began, load = time.monotonic(), os.getloadavg()[0]
    metrics = await measured(contestants, amount)
    shown = (BOT, DURABLE, SHARED_COMMITS, PEER, SYNC, ASYNC, JAVASCRIPT, FLOOR)
    titles = {each.name: each.title for each in shown}
    loads = f"load average {load:.2f} before and {os.getloadavg()[0]:.2f} after"
    words = (
        f"Medians of {amount.rounds} rounds, with quartiles. The programs take turns; a ratio is"
        f" the median of the rounds' ratios. {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, {loads}, {time.monotonic() - began:.0f} s in all.\n"
    )
    text = f"{markdown(table(metrics, titles, amount))}\n{words}"
    (folder / "results.md").write_text(text)
    (folder / "results.svg").write_text(chart(metrics, titles, amount))
    return text


async def memory(folder: Path) -> str:
    found = await sizes(10_000, 100_000)
    reached = "reached" if found.ratio <= MOST_GROWTH else "**missed**"
    text = (
        f"The bot uses {found.after_few:.1f} MB after 10,000 submissions and"
        f" {found.after_many:.1f} MB after 100,000: {found.ratio:.2f} times as much"
        f" (≤ {MOST_GROWTH}: {reached}).\n"
    )
    (folder / "memory.md").write_text(text)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="less of everything, under two minutes"
    )
    parser.add_argument(
        "--memory", action="store_true", help="the bot's after 10,000 and 100,000 submissions"
    )
    parser.add_argument(
        "--cpu", action="store_true", help="CPU alone, beside the durable floor, within 90 s"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help="with --cpu: beside the bot of another checkout as well, in turns",
    )
    parser.add_argument("--into", type=Path, default=HERE, help="folder for results.md and .svg")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    if given.cpu:
        others = [bot_of(given.against)] if given.against else []
        work = compare([BOT, *others], AMOUNT)
    elif given.memory:
        work = memory(given.into)
    else:
        work = bench(QUICK if given.quick else FULL, given.into)
    print(uvloop.run(work))  # noqa: T201


if __name__ == "__main__":
    main()
