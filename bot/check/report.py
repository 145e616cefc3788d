"""Formats findings as text, as JSON, and as a Slack message."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from bot import VERSION
from bot.check.findings import Finding, Level, is_well
from bot.slack.blocks import Json, Message, first_that_fits, mrkdwn, section
from bot.slack.text import escape, shorten

_SIGNS: Final = {
    Level.OK: "ok    ",
    Level.NOTE: "note  ",
    Level.FAILED: "FAILED",
    Level.UNCHECKED: "-     ",
}
_EMOJI: Final = {
    Level.OK: ":white_check_mark:",
    Level.NOTE: ":information_source:",
    Level.FAILED: ":x:",
    Level.UNCHECKED: ":grey_question:",
}
# Characters of a text and of a mend, before escaping: the first limit with which all fits is used.
_LIMITS: Final = (500, 300, 200, 150, 100, 60, 40, 20)


def as_text(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.state]}  {finding.point}: {finding.text}")
        if finding.mend:
            lines.append(f"        → {finding.mend}")
    return "\n".join([*lines, "", _summary(findings)])


def as_json(findings: Sequence[Finding]) -> str:
    points = [asdict(finding) for finding in findings]
    found = {"ok": is_well(findings), "version": VERSION, "points": points}
    return json.dumps(found, indent=2, ensure_ascii=False)


def as_message(findings: Sequence[Finding]) -> Message:
    return first_that_fits(_message(findings, limit) for limit in _LIMITS)


def _message(findings: Sequence[Finding], limit: int) -> Message:
    summary = escape(_summary(findings))
    said, drawn = [summary], [_section(f"*{summary}*")]
    for finding in findings:
        line = _line(finding, limit)
        # No emoji in the plain text: screen readers would read it aloud.
        said.append(f"{finding.state.value}: {finding.point}: {line}")
        drawn.append(_section(f"{_EMOJI[finding.state]} *{finding.point}*: {line}"))
    return Message.of("\n".join(said), *drawn)


def _line(finding: Finding, limit: int) -> str:
    text = escape(shorten(finding.text, limit))
    return f"{text}\n→ {escape(shorten(finding.mend, limit))}" if finding.mend else text


def _section(text: str) -> Json:
    return section(mrkdwn(text))


def _summary(findings: Sequence[Finding]) -> str:
    wrong = sum(finding.state is Level.FAILED for finding in findings)
    if not wrong:
        return f"weav-slack {VERSION}: everything that could be checked is well."
    return f"weav-slack {VERSION}: {wrong} of {len(findings)} points must be mended."
