"""Validation by the schemas of `openapi.yaml`, with Laravel's error messages.

Weav's documentation does not show errors. Its paging and its abilities look like Laravel's, so
Laravel's format and messages (https://laravel.com/docs/validation) are the best guess.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import yaml

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@cache
def openapi() -> Mapping[str, Any]:
    text = Path(__file__).with_name("openapi.yaml").read_text(encoding="utf-8")
    # The C loader, if PyYAML was built with it, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Mapping[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506
    return document


def cleaned(body: object) -> dict[str, Any]:
    """Trim strings and turn empty ones into None, as Laravel does before validation."""
    if not isinstance(body, Mapping):
        return {}
    return {k: v.strip() or None if isinstance(v, str) else v for k, v in body.items()}


def problems_of(schema_name: str, body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the error messages by field; empty if the body is valid."""
    schemas = openapi()["components"]["schemas"]
    schema = schemas[schema_name]
    problems: dict[str, list[str]] = {}
    for field, rule in schema["properties"].items():
        value = body.get(field)
        if value is None:
            reason = f"The {words(field)} field is required."
            reasons = [reason] if field in schema.get("required", ()) else []
        else:
            reasons = _reasons(field, value, schemas.get(_reference(rule), rule))
        if reasons:
            problems[field] = reasons
    return problems


def invalid(field: str) -> str:
    return f"The selected {words(field)} is invalid."


def words(field: str) -> str:
    return field.replace("_", " ")


def _reference(rule: Mapping[str, Any]) -> str:
    return str(rule.get("$ref", "")).rpartition("/")[2]


def _reasons(field: str, value: object, rule: Mapping[str, Any]) -> list[str]:
    if "enum" in rule:
        return [] if value in rule["enum"] else [invalid(field)]
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    checks = {"string": _of_string, "integer": _of_integer, "boolean": _of_boolean}
    check = next(checks[kind] for kind in kinds if kind in checks)
    return [f"The {words(field)} field must {reason}." for reason in check(value, rule)]


def _of_string(value: object, rule: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, str):
        return ["be a string"]
    reasons = []
    if len(value) > rule.get("maxLength", len(value)):
        reasons.append(f"not be greater than {rule['maxLength']} characters")
    must, fits = _FORMATS.get(rule.get("format", ""), ("", _anything))
    if not fits(value):
        reasons.append(must)
    return reasons


def _of_integer(value: object, rule: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        return ["be an integer"]
    if not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        return [f"be between {rule['minimum']} and {rule['maximum']}"]
    return []


def _of_boolean(value: object, _: Mapping[str, Any]) -> list[str]:
    return [] if isinstance(value, bool) else ["be true or false"]


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_url(value: str) -> bool:
    return urlsplit(value).scheme in ("http", "https")


def _is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value) is not None


def _anything(_: str) -> bool:
    return True


_FORMATS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "uuid": ("be a valid UUID", _is_uuid),
    "email": ("be a valid email address", _is_email),
    "uri": ("be a valid URL", _is_url),
}
