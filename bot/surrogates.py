"""Lone surrogates: halves of an emoji, which JSON can escape but UTF-8 cannot carry."""

import json
from typing import Any

from pydantic_core import from_json


def replace_surrogates(value: object) -> Any:  # noqa: ANN401 - JSON
    """Put a question mark for each lone surrogate in what `json.loads` has read.

    Raise ValueError or RecursionError for what is nested more deeply than `from_json` takes.
    """
    return from_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
