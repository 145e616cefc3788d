"""Building blocks for Slack's schemas, with Slack's error messages."""

from collections.abc import Callable, Iterable, Mapping

from bot.sandbox.slack.wire import Json


class Findings:
    """Collects errors in the format of `response_metadata.messages`."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, problem: str, pointer: str) -> None:
        self.messages.append(f"[ERROR] {problem} [json-pointer:{pointer}]")


Check = Callable[[object, str, Findings], None]
# A rule about several properties of an object whose properties are all valid.
Rule = Callable[[Json, str, Findings], None]


def string(limit: int, least: int = 0) -> Check:
    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add("must provide a string", pointer)
        elif len(value) < least:
            findings.add(f"must be more than {least - 1} characters", pointer)
        elif len(value) > limit:
            findings.add(f"must be less than {limit + 1} characters", pointer)

    return check


def boolean(value: object, pointer: str, findings: Findings) -> None:
    if not isinstance(value, bool):
        findings.add("must provide a boolean", pointer)


def integer(least: int, most: int) -> Check:
    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            findings.add("must provide an integer", pointer)
        elif value < least:
            findings.add(f"must be greater than {least - 1}", pointer)
        elif value > most:
            findings.add(f"must be less than {most + 1}", pointer)

    return check


def one_of(*allowed: str) -> Check:
    def check(value: object, pointer: str, findings: Findings) -> None:
        if value not in allowed:
            findings.add(f"must be a valid enum value: {', '.join(allowed)}", pointer)

    return check


def array(item: Check, least: int, most: int) -> Check:
    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add("must provide an array", pointer)
            return
        if len(value) < least:
            findings.add(f"no fewer than {least} items allowed", pointer)
        if len(value) > most:
            findings.add(f"no more than {most} items allowed", pointer)
        for index, one in enumerate(value):
            item(one, f"{pointer}/{index}", findings)

    return check


def record(
    required: Mapping[str, Check], optional: Mapping[str, Check], *rules: Rule
) -> Callable[[object, str, Findings], None]:
    known = {**required, **optional}

    def check(value: object, pointer: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add("must provide an object", pointer)
            return
        before = len(findings.messages)
        for name in required.keys() - value.keys():
            findings.add(f"missing required field: {name}", pointer)
        for name, one in value.items():
            if name in known:
                known[name](one, f"{pointer}/{name}", findings)
            else:
                findings.add(f"invalid additional property: {name}", pointer)
        if len(findings.messages) == before:
            _apply(rules, value, pointer, findings)

    return check


def _apply(rules: Iterable[Rule], value: Json, pointer: str, findings: Findings) -> None:
    for rule in rules:
        rule(value, pointer, findings)


def by_type(kinds: Mapping[str, Check]) -> Check:
    """Accept an object of one of several types."""

    def check(value: object, pointer: str, findings: Findings) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            findings.add("missing required field: type", pointer)
        elif kind not in kinds:
            findings.add(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            kinds[kind](value, pointer, findings)

    return check


def exactly_one(*names: str) -> Rule:
    def rule(value: Json, pointer: str, findings: Findings) -> None:
        if sum(name in value for name in names) != 1:
            findings.add(f"must provide exactly one of: {', '.join(names)}", pointer)

    return rule


def any_value(_value: object, _pointer: str, _findings: Findings) -> None:
    """Accept anything: another check covers it, or Slack does not check it."""
