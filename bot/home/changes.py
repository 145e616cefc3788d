"""Whose home tab may show something older, since rows of the ledger changed."""

from dataclasses import dataclass, field

from bot.ledger import Entry, HomeTab


@dataclass(slots=True)
class Changes:
    """`people` are in Slack, `assignees` in Weav."""

    people: set[str] = field(default_factory=set)
    assignees: set[str] = field(default_factory=set)

    def note(self, entry: Entry) -> None:
        self.people.add(entry.slack_user_id)
        if entry.assignee:
            self.assignees.add(entry.assignee)

    def concern(self, tab: HomeTab) -> bool:
        return tab.slack_user_id in self.people or tab.weav_user_id in self.assignees

    def take(self) -> "Changes":
        """Give what is noted, and begin anew."""
        taken = Changes(self.people.copy(), self.assignees.copy())
        self.people.clear()
        self.assignees.clear()
        return taken

    def put_back(self, taken: "Changes") -> None:
        self.people |= taken.people
        self.assignees |= taken.assignees
