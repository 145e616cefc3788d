"""Findings for people, for machines and for Slack."""

import json
from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import SectionBlock

from bot import VERSION
from bot.checking.findings import Finding, State, is_well
from bot.slack.cards import Card, card
from bot.slack.elements import mrkdwn
from bot.slack.text import escape, shorten

_SIGNS: Final = {
    State.OK: "ok    ",
    State.NOTE: "note  ",
    State.FAILED: "FAILED",
    State.UNCHECKED: "-     ",
}
_EMOJI: Final = {
    State.OK: ":white_check_mark:",
    State.NOTE: ":information_source:",
    State.FAILED: ":x:",
    State.UNCHECKED: ":grey_question:",
}
# https://docs.slack.dev/reference/block-kit/blocks/section-block, before escaping
_LINE_LIMIT: Final = 500


def as_text(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{_SIGNS[finding.state]}  {finding.point}: {finding.text}")
        if finding.mend:
            lines.append(f"        → {finding.mend}")
    return "\n".join([*lines, "", _summary(findings)])


def as_json(findings: Sequence[Finding]) -> str:
    points = [
        {
            "point": finding.point,
            "state": finding.state.value,
            "text": finding.text,
            "mend": finding.mend,
        }
        for finding in findings
    ]
    return json.dumps(
        {"ok": is_well(findings), "version": VERSION, "points": points},
        indent=2,
        ensure_ascii=False,
    )


def as_message(findings: Sequence[Finding]) -> Card:
    drawn = [SectionBlock(text=mrkdwn(_line(finding))) for finding in findings]
    summary = _summary(findings)
    return card(escape(summary), SectionBlock(text=mrkdwn(f"*{escape(summary)}*")), *drawn)


def _line(finding: Finding) -> str:
    line = (
        f"{_EMOJI[finding.state]} *{finding.point}*: {escape(shorten(finding.text, _LINE_LIMIT))}"
    )
    return f"{line}\n→ {escape(shorten(finding.mend, _LINE_LIMIT))}" if finding.mend else line


def _summary(findings: Sequence[Finding]) -> str:
    wrong = sum(finding.state is State.FAILED for finding in findings)
    if not wrong:
        return f"weav-slack {VERSION}: everything that could be checked is well."
    return f"weav-slack {VERSION}: {wrong} of {len(findings)} points must be mended."
