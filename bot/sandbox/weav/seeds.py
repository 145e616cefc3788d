"""The invented customers, users, companies and agents of a new sandbox."""

from typing import Any, Final

ORGANIZATION: Final = "0e6a0000-0000-4000-8000-000000000001"
COMPANIES: Final = {
    "Northwind": "c0a80101-0000-4000-8000-000000000001",
    "Tailspin": "c0a80101-0000-4000-8000-000000000002",
}
USERS: Final = {
    "5e1a0000-0000-4000-8000-000000000001": "Ann Support",
    "5e1a0000-0000-4000-8000-000000000002": "Ben Support",
    "5e1a0000-0000-4000-8000-000000000003": "Cem Support",
}
EMAIL_AGENT: Final = "a9e00000-0000-4000-8000-000000000001"
CHAT_AGENT: Final = "a9e00000-0000-4000-8000-000000000002"
RETIRED_AGENT: Final = "a9e00000-0000-4000-8000-000000000003"

_SINCE: Final = "2026-01-05T09:00:00.000000Z"
_CUSTOMERS: Final = (
    ("jane", "Jane", "Doe", "Northwind"),
    ("zoe", "Zoë", "Brûlé", "Northwind"),
    ("max", "Max", "Müller", "Northwind"),
    ("ravi", "Ravi", "Kumar", "Tailspin"),
    ("mei", "Mei", "Lin", "Tailspin"),
    ("sam", "Sam", "Okafor", None),
)
_AGENTS: Final = (
    (EMAIL_AGENT, "Mail assistant", True),
    (CHAT_AGENT, "Chat assistant", True),
    (RETIRED_AGENT, "Retired assistant", False),
)


def customers() -> list[dict[str, Any]]:
    return [
        {
            "id": f"3c90c3cc-0d44-4b50-8888-{number:012}",
            "first_name": first,
            "last_name": last,
            "email": f"{mailbox}@example.com",
            "phone": None,
            "locale": "en",
            "country": None,
            "company_id": COMPANIES[company] if company else None,
            "avatar_url": None,
            "first_seen_at": _SINCE,
            "last_seen_at": _SINCE,
            "created_at": _SINCE,
            "updated_at": _SINCE,
        }
        for number, (mailbox, first, last, company) in enumerate(_CUSTOMERS, 1)
    ]


def agents() -> list[dict[str, Any]]:
    return [
        agent(id_, {"name": name, "is_active": active}, _SINCE) for id_, name, active in _AGENTS
    ]


def agent(id_: str, given: dict[str, Any], now: str) -> dict[str, Any]:
    """Return an agent as the API does: the given fields, the others null or empty."""
    return {
        "id": id_,
        "name": given["name"],
        "slug": given["name"].lower().replace(" ", "-"),
        "description": given.get("description"),
        "avatar_url": given.get("avatar_url"),
        "max_messages_per_session": given.get("max_messages_per_session"),
        "tone": given.get("tone"),
        "response_length": given.get("response_length"),
        "is_active": given.get("is_active") is not False,
        "is_copilot": False,
        "prohibited_phrases": [],
        "escalation_rules": [],
        "created_at": now,
        "updated_at": now,
    }
