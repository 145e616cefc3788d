"""The sandbox Weav's data, and the rules between its resources."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from bot.sandbox.weav import seeds
from bot.sandbox.weav.rules import invalid, problems_of, words

Resource = dict[str, Any]
ChangeKind = Literal["created", "updated", "deleted", "message", "customer", "agent"]
# Called with the kind of change, the resource, and the webhook events for it.
OnChange = Callable[[ChangeKind, Resource, Sequence[str]], None]

_CUSTOMER_FIELDS = ("first_name", "last_name", "email", "phone", "locale", "country", "company_id")


_EVENTS = {
    "status": "conversation.status.updated",
    "priority": "conversation.priority.updated",
    "assignee_id": "conversation.assigned.updated",
}
_MESSAGE_EVENTS = {
    "customer": "conversation.customer.message.created",
    "user": "conversation.user.message.created",
}


class Invalid(Exception):
    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class Store:
    """All resources by id, oldest first, as the API returns them.

    `on_change` is called for every change, whether made through the API or in Weav itself.
    """

    def __init__(self, on_change: OnChange) -> None:
        self._on_change = on_change
        self.conversations: dict[str, Resource] = {}
        self.messages: dict[str, list[Resource]] = {}
        self.customers = {customer["id"]: customer for customer in seeds.customers()}
        self.agents = {agent["id"]: agent for agent in seeds.agents()}
        self.users = dict(seeds.USERS)
        self.email_agent_id = seeds.EMAIL_AGENT

    def create_conversation(self, given: Resource) -> Resource:
        """Raise Invalid, with all error messages at once."""
        self._refuse_creation(given)
        now = _now()
        conversation = {
            "id": str(uuid4()),
            "channel": given["channel"],
            "customer_id": _id(given, "customer_id"),
            "subject": given.get("subject"),
            "status": given.get("status") or "open",
            "priority": given.get("priority") or "normal",
            "assignee_id": _id(given, "assignee_id"),
            "assignee_type": given.get("assignee_type"),
            "closed_at": now if given.get("status") == "closed" else None,
            "first_response_at": None,
            "last_message_at": None,
            "is_spam": False,
            "spam_score": None,
            "created_at": now,
            "updated_at": now,
        }
        self.conversations[conversation["id"]] = conversation
        self._on_change("created", conversation, ["conversation.created"])
        return conversation

    def update_conversation(self, conversation: Resource, given: Resource) -> Resource:
        """Keep fields that are not given; the documentation does not say what Weav does."""
        problems = problems_of("ConversationUpdate", given)
        before = conversation["assignee_id"] if conversation["assignee_type"] == "agent" else None
        _refuse_if(problems or self._assignee_problems(given, conversation["channel"], before))
        earlier = dict(conversation)
        conversation |= {f: given[f] for f in ("status", "priority") if given.get(f)}
        conversation |= {f: given[f] for f in ("subject", "assignee_type") if f in given}
        if "assignee_id" in given:
            conversation["assignee_id"] = _id(given, "assignee_id")
        closed = conversation["status"] == "closed"
        conversation["updated_at"] = _now()
        conversation["closed_at"] = (conversation["closed_at"] or _now()) if closed else None
        changed = [event for f, event in _EVENTS.items() if conversation[f] != earlier[f]]
        self._on_change("updated", conversation, changed)
        return conversation

    def change(self, conversation_id: str, **given: str | None) -> Resource:
        """Change a conversation as a user of Weav does; raise KeyError or Invalid."""
        return self.update_conversation(self.conversations[conversation_id], given)

    def delete(self, conversation_id: str) -> None:
        """Raise KeyError for an unknown conversation."""
        conversation = self.conversations.pop(conversation_id)
        self.messages.pop(conversation_id, None)
        self._on_change("deleted", conversation, ["conversation.deleted"])

    def write(
        self,
        conversation_id: str,
        content: str | None,
        *,
        sender_type: str = "customer",
        is_internal: bool = False,
        **overrides: object,
    ) -> Resource:
        """Add a message; `overrides` replace its fields with unusual values. Raise KeyError.

        Weav has no event for messages from an AI agent or the system.
        """
        conversation, now = self.conversations[conversation_id], _now()
        customer_id = conversation["customer_id"]
        by_mail = conversation["channel"] == "email"
        address = [self.customers[customer_id]["email"]] if by_mail else []
        support = ["support@example.com"] if by_mail else []
        from_customer = sender_type == "customer"
        senders = {
            "customer": customer_id,
            "user": next(iter(self.users)),
            "agent": self.email_agent_id,
        }
        message: Resource = {
            "id": str(uuid4()),
            "conversation_id": conversation_id,
            "sender_type": sender_type,
            "sender_id": senders.get(sender_type),
            "customer_id": customer_id,
            "content": content,
            "sent_at": now,
            "is_internal": is_internal,
            "from": address if from_customer else support,
            "to": support if from_customer else address,
            "cc": [],
            "bcc": [],
            "email_status": None,
            "email_error_message": None,
            "created_at": now,
        }
        message |= overrides
        self.messages.setdefault(conversation_id, []).append(message)
        conversation |= {"last_message_at": now, "updated_at": now}
        if sender_type == "user" and not is_internal:
            conversation["first_response_at"] = conversation["first_response_at"] or now
        event = _MESSAGE_EVENTS.get(sender_type)
        self._on_change("message", message, [event] if event else [])
        self._on_change("updated", conversation, [])
        return message

    def create_customer(self, given: Resource) -> Resource:
        _refuse_if(problems_of("CustomerCreate", given))
        if any(given["email"].lower() == c["email"].lower() for c in self.customers.values()):
            raise Invalid({"email": ["The email has already been taken."]})
        now = _now()
        customer = {
            "id": str(uuid4()),
            **{field: given.get(field) for field in _CUSTOMER_FIELDS},
            "avatar_url": None,
            "first_seen_at": None,
            "last_seen_at": None,
            "created_at": now,
            "updated_at": now,
        }
        self.customers[customer["id"]] = customer
        self._on_change("customer", customer, ["customer.created"])
        return customer

    def create_agent(self, given: Resource) -> Resource:
        _refuse_if(problems_of("AgentCreate", given))
        agent = seeds.agent(str(uuid4()), given, _now())
        self.agents[agent["id"]] = agent
        self._on_change("agent", agent, ["agent.created"])
        return agent

    def _refuse_creation(self, given: Resource) -> None:
        problems = problems_of("ConversationCreate", given)
        if "customer_id" not in problems and _id(given, "customer_id") not in self.customers:
            problems["customer_id"] = [invalid("customer_id")]
        _refuse_if(problems or self._assignee_problems(given, given["channel"], None))

    def _assignee_problems(
        self, given: Resource, channel: str, agent_before: str | None
    ) -> dict[str, list[str]]:
        """Allowed agents: the active e-mail agent; in a chat, its present agent, or any if none."""
        kind, id_ = given.get("assignee_type"), _id(given, "assignee_id")
        if kind is None and id_ is None:
            return {}
        if kind is None or id_ is None:
            missing, present = ("assignee_type", "assignee_id")[:: 1 if kind is None else -1]
            reason = f"The {words(missing)} field is required when {words(present)} is present."
            return {missing: [reason]}
        if kind == "user":
            fits = id_ in self.users
        elif channel == "email":
            fits = id_ == self.email_agent_id and self._is_active(id_)
        else:
            fits = (
                self._is_active(id_) and agent_before in (None, id_) and id_ != self.email_agent_id
            )
        return {} if fits else {"assignee_id": [invalid("assignee_id")]}

    def _is_active(self, agent_id: str) -> bool:
        return agent_id in self.agents and bool(self.agents[agent_id]["is_active"])


def _id(given: Resource, field: str) -> str | None:
    value = given.get(field)
    return value.lower() if isinstance(value, str) else None


def _refuse_if(problems: Mapping[str, list[str]]) -> None:
    if problems:
        raise Invalid(problems)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
