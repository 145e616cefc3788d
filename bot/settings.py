"""Settings from the environment and `.env`, read once and validated together.

No error message quotes a value, which may be a secret.
"""

import re
from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# Slack's ids have about a dozen characters. Messages mention them, and their length is limited.
SLACK_ID: Final = re.compile(r"[A-Z][A-Z0-9]{2,39}")
# Characters that an HTTP header can carry, in which all secrets but the signing secret are sent.
_SENDABLE: Final = re.compile(r"[!-~]+")
NO_IDS: Final[frozenset[str]] = frozenset()
# The link shares a text of at most 3,000 characters with a user's words.
LONGEST_LINK: Final = 500


def _sendable(secret: SecretStr) -> SecretStr:
    """Strip the line end of a secret read from a file; refuse what no HTTP header can carry."""
    text = secret.get_secret_value().strip()
    if not _SENDABLE.fullmatch(text):
        raise ValueError("must be printable ASCII characters without spaces: copy it again")
    return SecretStr(text)


def _prefixed(prefix: str, kind: str) -> AfterValidator:
    def check(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(prefix):
            raise ValueError(f"must be {kind}, {prefix}…")
        return token

    return AfterValidator(check)


Secret = Annotated[SecretStr, AfterValidator(_sendable)]
BotToken = Annotated[Secret, _prefixed("xoxb-", "a bot token")]
AppToken = Annotated[Secret, _prefixed("xapp-", "an app-level token")]


def _split_ids(ids: object) -> object:
    if not isinstance(ids, str):
        return ids
    return frozenset(each.strip() for each in ids.split(",") if each.strip())


def _of_kind(first_letters: str) -> AfterValidator:
    """Refuse names such as @ann, which would match nobody."""

    def check(ids: frozenset[str]) -> frozenset[str]:
        if any(not SLACK_ID.fullmatch(each) or each[0] not in first_letters for each in ids):
            letters = " or ".join(first_letters)
            raise ValueError(f"must be ids that begin with {letters}, comma separated")
        return ids

    return AfterValidator(check)


Ids = Annotated[frozenset[str], NoDecode, BeforeValidator(_split_ids)]
Channels = Annotated[Ids, _of_kind("CGD")]
Users = Annotated[Ids, _of_kind("UW")]
Teams = Annotated[Ids, _of_kind("TE")]


def split_url(url: str) -> SplitResult | None:
    """None: not a URL. urllib's own error would quote it, and it may contain a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if is_plain(url) else None


def is_plain(text: str) -> bool:
    """Whether text is free of spaces and control characters, on which HTTP clients raise."""
    return text.isprintable() and " " not in text


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """Field names are variable names in lower case; operations/README.md explains each."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",  # some editors begin a file with U+FEFF
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        str_strip_whitespace=True,
    )

    slack_bot_token: BotToken
    slack_app_token: AppToken | None = None
    slack_signing_secret: Annotated[Secret | None, Field(validate_default=True)] = None
    slack_api_url: str = "https://slack.com/api/"
    weav_api_token: Secret
    weav_api_url: str = "https://api.weav.com/v1"
    weav_timeout: Annotated[float, Field(gt=0, le=120)] = 10.0
    weav_retry_for: Annotated[float, Field(ge=0, le=86_400)] = 900.0
    weav_conversation_url: str | None = None
    weav_webhook_secret: Secret | None = None
    weav_refresh_every: Annotated[float, Field(ge=0, le=10_080)] = 0.0
    database_url: str = "sqlite:///weav-slack.db"
    ledger_keep_days: Annotated[int, Field(ge=1)] = 30
    slack_allowed_channels: Channels = NO_IDS
    slack_allowed_users: Users = NO_IDS
    slack_denied_users: Users = NO_IDS
    slack_allowed_teams: Teams = NO_IDS
    slack_admins: Users = NO_IDS
    slack_allow_guests: bool = False
    slack_allow_external: bool = False
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 3000
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)
    ] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @field_validator("slack_signing_secret")
    @classmethod
    def _needed_for_http(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # A malformed app token is missing from `data` and has its own message.
        if secret is None and info.data.get("slack_app_token", "malformed") is None:
            raise ValueError("is missing (for HTTP; or set SLACK_APP_TOKEN for Socket Mode)")
        return secret

    @field_validator("slack_api_url", "weav_api_url")
    @classmethod
    def _api_url(cls, url: str) -> str:
        parts = split_url(url)
        if parts is None or not parts.hostname or parts.scheme not in {"http", "https"}:
            raise ValueError("must be an https:// address")
        if "@" in parts.netloc:
            raise ValueError("must have no name and password in it")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("must be https:// (plain http is accepted for loopback only)")
        return url.rstrip("/") + "/"

    @field_validator("weav_conversation_url")
    @classmethod
    def _link_template(cls, template: str | None) -> str | None:
        if template is None:
            return None
        known = template.startswith(("https://", "http://")) and split_url(template)
        if not known or "{id}" not in template:
            raise ValueError("must be a link with {id} where the conversation's id belongs")
        if len(template) > LONGEST_LINK:
            raise ValueError(f"must have at most {LONGEST_LINK} characters")
        return template

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        if not url.startswith(("sqlite:///", "postgresql://")) or url == "sqlite:///":
            raise ValueError("must be sqlite:/// and a file, or postgresql://…")
        if "\0" in unquote(url):
            raise ValueError("must have no NUL (%00) in it")
        return url

    @field_validator("host")
    @classmethod
    def _host(cls, host: str) -> str:
        if not is_plain(host):
            raise ValueError("must be a name or an IP address")
        return host


class SettingsError(Exception):
    """Every problem with the settings, one a line, without values."""


def read_settings() -> Settings:
    """Raise `SettingsError` with all problems at once."""
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        raise SettingsError("\n".join(_line(each) for each in problems)) from None
    except UnicodeDecodeError:
        raise SettingsError(".env is not UTF-8: save it as that") from None
    except OSError as error:
        raise SettingsError(f".env cannot be read: {error.strerror}") from None


def _line(problem: ErrorDetails) -> str:
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is missing"
    return f"{name} {problem['msg'].removeprefix('Value error, ')}"
