"""Saves messages, members and Weav's data with --keep, and loads them at the next start."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.sandbox.slack import SlackChannel, SlackMessage, Workspace
from bot.sandbox.slack.directory import Kind
from bot.sandbox.weav import WeavSandbox

_FILE = "sandbox.json"


class CannotRead(Exception):
    """The message for the person who started the sandbox."""


def load(directory: Path, workspace: Workspace, weav: WeavSandbox) -> None:
    """Load the saved state, if there is any; raise CannotRead."""
    file = directory / _FILE
    if not file.exists():
        return
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        messages = [SlackMessage(**message) for message in kept["messages"]]
        channels = {id_: set(members) for id_, members in kept["members"].items()}
        conversations = {each["id"]: each for each in kept["conversations"]}
        customers = {each["id"]: each for each in kept["customers"]}
        # Files of earlier versions have no messages in Weav.
        weav_messages = dict(kept.get("weav_messages", {}))
    except (ValueError, TypeError, KeyError) as error:
        raise CannotRead(f"{file} cannot be read ({error}). Move it away.") from None
    workspace.messages = messages
    for id_, members in channels.items():
        channel = workspace.channels.setdefault(id_, SlackChannel(id_, "", Kind.IM))
        channel.members = members
    weav.store.conversations.update(conversations)
    weav.store.customers.update(customers)
    weav.store.messages.update(weav_messages)


def save(directory: Path, workspace: Workspace, weav: WeavSandbox) -> None:
    """Replace the file atomically."""
    kept: dict[str, Any] = {
        "messages": [asdict(message) for message in workspace.messages],
        "members": {id_: sorted(each.members) for id_, each in workspace.channels.items()},
        "conversations": weav.conversations,
        "customers": list(weav.store.customers.values()),
        "weav_messages": weav.store.messages,
    }
    unfinished = directory / f"{_FILE}.new"
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.replace(directory / _FILE)


async def keep_saving(directory: Path, workspace: Workspace, weav: WeavSandbox) -> None:
    """Save now and after every change, forever."""
    changes = workspace.events()
    save(directory, workspace, weav)
    async for change in changes:
        if change.kind != "call":
            save(directory, workspace, weav)
