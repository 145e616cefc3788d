"""What the value of a variable can be; no message of these quotes one, which may be a secret."""

import re
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

# Slack's are of a dozen characters. They are mentioned in messages, whose length is limited.
SLACK_ID: Final = re.compile(r"[A-Z][A-Z0-9]{2,39}")
# What an HTTP header can carry: all of them but the signing secret are sent in one.
_SENDABLE: Final = re.compile(r"[!-~]+")


def _sendable(secret: SecretStr) -> SecretStr:
    """Take off the line end that a file of one secret has; refuse what no header can carry."""
    text = secret.get_secret_value().strip()
    if not _SENDABLE.fullmatch(text):
        raise ValueError("must be printable ASCII characters without spaces: copy it again")
    return SecretStr(text)


Secret = Annotated[SecretStr, AfterValidator(_sendable)]


def _split(ids: object) -> object:
    if not isinstance(ids, str):
        return ids
    return frozenset(each.strip() for each in ids.split(",") if each.strip())


def _of_kind(first_letters: str) -> AfterValidator:
    """Refuse names such as @ann, which let nobody in, without quoting what may be a secret."""

    def check(ids: frozenset[str]) -> frozenset[str]:
        if any(not SLACK_ID.fullmatch(each) or each[0] not in first_letters for each in ids):
            letters = " or ".join(first_letters)
            raise ValueError(f"must be ids that begin with {letters}, comma separated")
        return ids

    return AfterValidator(check)


Ids = Annotated[frozenset[str], NoDecode, BeforeValidator(_split)]
Channels = Annotated[Ids, _of_kind("CGD")]
Users = Annotated[Ids, _of_kind("UW")]
Teams = Annotated[Ids, _of_kind("TE")]
NOBODY: Final[frozenset[str]] = frozenset()


def split_url(url: str) -> SplitResult | None:
    """None: no address; urllib's own words would quote it, and it may hold a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if is_plain(url) else None


def is_plain(text: str) -> bool:
    """Without the spaces and control characters that sockets and HTTP clients raise on."""
    return text.isprintable() and " " not in text


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
