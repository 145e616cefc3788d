"""What Slack says of this installation, learnt from its answers."""

from collections.abc import Mapping
from typing import Final

from bot.slack.payloads import text_at

_HEADER: Final = "x-oauth-scopes"


class Installation:
    """Empty and None until Slack has said it for the first time.

    `enterprise_id` stays empty outside Enterprise Grid.
    """

    def __init__(self) -> None:
        self.team_id = ""
        self.enterprise_id = ""
        self.scopes: frozenset[str] | None = None
        self._header = ""

    def learn_home(self, answer: object) -> None:
        """Read https://docs.slack.dev/reference/methods/auth.test."""
        self.team_id = text_at(answer, "team_id")
        self.enterprise_id = text_at(answer, "enterprise_id")

    def learn_scopes(self, headers: Mapping[str, str]) -> None:
        """Every answer of the Web API has them: https://docs.slack.dev/authentication/tokens."""
        header = headers.get(_HEADER) or headers.get("X-OAuth-Scopes") or ""
        if header and header != self._header:
            self._header = header
            self.scopes = split_scopes(header)

    def may(self, *scopes: str) -> bool | None:
        """Whether any of them is granted; None: not known yet."""
        return None if self.scopes is None else any(each in self.scopes for each in scopes)


def split_scopes(header: str) -> frozenset[str]:
    return frozenset(each.strip() for each in header.split(",") if each.strip())
