"""Fuzzes the code that reads payloads with atheris, which looks for input that reaches new lines.

python -m tests.strangers.coverage_guided FOLDER -runs=100000 starts from real payloads, which it
writes into the folder. Any exception other than `MalformedPayload` is a crash, and ends it with a
non-zero status. https://github.com/google/atheris
"""

import sys
from importlib import import_module
from pathlib import Path

from bot.sandbox.slack import Workspace


def main() -> None:
    atheris = import_module("atheris")  # an optional tool, not a dependency
    with atheris.instrument_imports(include=["handlers", "bot.form", "bot.slack", "pydantic"]):
        http = import_module("handlers.http")
        payloads = import_module("bot.slack.payloads")
        parse = import_module("bot.form.parse")
        from_message = import_module("bot.form.from_message")
        command_text = import_module("handlers.command_text")

    def read(body: bytes) -> None:
        command_text.parse_command(body.decode(errors="replace"))
        try:
            payload = payloads.read_payload(http.decode_body(body))
        except payloads.MalformedPayload:
            return
        match payload.kind:
            case "view_submission":
                parse.parse_submission(payload)
            case "message_action":
                from_message.form_from_message(payload)

    _write_seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


def _write_seeds(folder: Path) -> None:
    samples = import_module("tests.strangers.samples")
    for number, payload in enumerate(samples.samples(Workspace()).values()):
        (folder / f"seed-{number}").write_bytes(samples.encoded(payload))


if __name__ == "__main__":
    main()
