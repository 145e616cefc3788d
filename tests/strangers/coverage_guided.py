"""What reads payloads, fuzzed by atheris, which looks for bytes that reach new lines.

python -m tests.strangers.coverage_guided FOLDER -runs=100000: begins with the real payloads, which
it writes into the folder. A crash is an exception other than `MalformedPayload`, and ends it with
another status than 0. https://github.com/google/atheris
"""

import sys
from importlib import import_module
from pathlib import Path

from bot.sandbox.slack import Workspace


def main() -> None:
    atheris = import_module("atheris")  # no dependency of ours: it is there or it is not
    with atheris.instrument_imports(include=["handlers.payloads", "bot.slack", "pydantic", "json"]):
        payloads = import_module("handlers.payloads")
        forms = import_module("bot.slack.forms")
        messages = import_module("bot.slack.messages")
        words = import_module("bot.slack.words")

    def read(body: bytes) -> None:
        words.parse_words(body.decode(errors="replace"))
        try:
            payload = payloads.check_shape(payloads.read_form(body))
        except payloads.MalformedPayload:
            return
        forms.parse_submission(payload)
        if payload.get("type") == "message_action":
            messages.form_from_message(payload)

    _write_seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


def _write_seeds(folder: Path) -> None:
    samples = import_module("tests.strangers.samples")
    for number, payload in enumerate(samples.samples(Workspace()).values()):
        (folder / f"seed-{number}").write_bytes(samples.encoded(payload))


if __name__ == "__main__":
    main()
