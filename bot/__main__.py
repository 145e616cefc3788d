"""The command line: `weav-slack run`, `sandbox`, `check`, `manifest`."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from bot import VERSION


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit 0: done; 1: the bot could not run, or `check` found a fault; 2: wrong arguments.

    Wrong settings also exit with 2, except in `check`, which reports them as faults.
    """
    # Imports create almost no garbage, but collecting it takes a sixth of their time.
    gc.disable()
    options = _parser().parse_args(arguments)
    sys.exit(options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="weav-slack", description="Open Weav conversations from Slack, exactly once."
    )
    parser.add_argument("--version", action="version", version=f"weav-slack {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run", help="start the bot: Socket Mode when SLACK_APP_TOKEN is set, HTTP otherwise"
    )
    run.set_defaults(command=_run)
    sandbox = commands.add_parser(
        "sandbox", help="try it without any account: a Slack, a Weav, and the bot between them"
    )
    sandbox.add_argument(
        "--port", type=int, default=3333, help="of the page (default: 3333; 0: a free one)"
    )
    sandbox.add_argument("--open", action="store_true", help="open it in the browser")
    sandbox.add_argument(
        "--keep", type=Path, metavar="DIR", help="where to keep everything for the next time"
    )
    sandbox.set_defaults(command=_sandbox)
    check = commands.add_parser(
        "check", help="say what is wrong with this installation and how to mend it"
    )
    check.add_argument("--json", action="store_true", help="for machines")
    check.set_defaults(command=_check)
    manifest = commands.add_parser("manifest", help="print the Slack app manifest (YAML)")
    manifest.add_argument(
        "--request-url",
        metavar="URL",
        help="for HTTP: the public https address of /slack/events; without it, Socket Mode",
    )
    manifest.set_defaults(command=_manifest)
    return parser


def _run(_: argparse.Namespace) -> int:
    # Imported here, so that commands which need no server start faster.
    from bot.settings import SettingsError, read_settings  # noqa: PLC0415

    try:
        settings = read_settings()
    except SettingsError as error:
        print(f"These settings are missing or wrong:\n{error}", file=sys.stderr)  # noqa: T201
        return 2
    from bot.logs import configure  # noqa: PLC0415
    from bot.server import CannotRun, run, runner  # noqa: PLC0415

    configure(settings.log_level, settings.log_format)
    try:
        with runner() as loop:
            loop.run(run(settings))
    except CannotRun as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _sandbox(options: argparse.Namespace) -> int:
    from bot.embedded import embedded  # noqa: PLC0415
    from bot.ledger import LedgerTooNew, LedgerUnavailable  # noqa: PLC0415
    from bot.logs import configure  # noqa: PLC0415
    from bot.manifest import manifest  # noqa: PLC0415
    from bot.sandbox.command import CannotStart, run  # noqa: PLC0415
    from bot.server import runner  # noqa: PLC0415

    configure("WARNING", "console")
    running = run(
        embedded, manifest(), port=options.port, keep=options.keep, open_browser=options.open
    )
    try:
        with runner() as loop:
            loop.run(running)
    except CannotStart as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except (LedgerUnavailable, LedgerTooNew) as error:
        print(f"The ledger cannot be used: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _check(options: argparse.Namespace) -> int:
    from bot.check.checks import all_unchecked, examine  # noqa: PLC0415
    from bot.check.findings import is_well  # noqa: PLC0415
    from bot.check.report import as_json, as_text  # noqa: PLC0415
    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import SettingsError, read_settings  # noqa: PLC0415

    configure("CRITICAL", "console")  # the findings say it all
    try:
        findings = asyncio.run(examine(read_settings(), Path.cwd()))
    except SettingsError as error:
        findings = all_unchecked(str(error))
    print(as_json(findings) if options.json else as_text(findings))  # noqa: T201
    return 0 if is_well(findings) else 1


def _manifest(options: argparse.Namespace) -> int:
    from bot.manifest import manifest  # noqa: PLC0415

    print(manifest(options.request_url), end="")  # noqa: T201
    return 0


if __name__ == "__main__":
    main()
