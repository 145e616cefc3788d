"""`python -m tests.bench [--quick]`: the bot beside the same form written with Bolt."""

import argparse
import asyncio
import os
import platform
import time
from pathlib import Path

from tests.bench.chart import chart
from tests.bench.contestants import ASYNC, BOT, SYNC, javascript
from tests.bench.measuring import FULL, QUICK, Amount
from tests.bench.running import measured
from tests.bench.table import markdown, table

HERE = Path(__file__).parent


async def bench(amount: Amount, folder: Path) -> str:
    js = await javascript()
    # Sync Bolt comes last: what it has left of the slow Weav's row disturbs nobody then.
    contestants = [each for each in (BOT, ASYNC, js, SYNC) if each is not None]
    began, load = time.monotonic(), os.getloadavg()[0]
    figures = await measured(contestants, amount)
    titles = {"bot": BOT.title, "sync": SYNC.title, "async": ASYNC.title}
    titles |= {"js": js.title if js else "Bolt for JavaScript"}
    loads = f"load average {load:.2f} before and {os.getloadavg()[0]:.2f} after"
    words = (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {loads},"
        f" {time.monotonic() - began:.0f} s.\n"
    )
    text = f"{markdown(table(figures, titles, amount))}\n{words}"
    (folder / "results.md").write_text(text)
    (folder / "results.svg").write_text(chart(figures, titles, amount))
    return text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, under a minute")
    parser.add_argument("--into", type=Path, default=HERE, help="folder for results.md and .svg")
    given = parser.parse_args()
    print(asyncio.run(bench(QUICK if given.quick else FULL, given.into)))  # noqa: T201


if __name__ == "__main__":
    main()
