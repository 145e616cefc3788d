"""Reading Slack's payloads, where anything may be missing or of another type."""

from typing import Any


def at(value: object, *path: str) -> Any:  # noqa: ANN401
    """Return what stands at the path, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: object, *path: str) -> str:
    """Return the text at the path, or an empty one."""
    found = at(value, *path)
    # JSON can carry half of a surrogate pair, which no database and no request can.
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def list_at(value: object, *path: str) -> list[Any]:
    """Return the list at the path, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []
