from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, read_settings
from tests.harness import settings_of

# Reading it from the start fails even for root.
UNREADABLE = Path("/proc/self/mem")
GIVEN = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "WEAV_API_TOKEN": "t",
}


def test_unset_variables_have_defaults() -> None:
    settings = settings_of(GIVEN)

    assert settings.weav_api_url == "https://api.weav.com/v1/"
    assert (settings.weav_timeout, settings.weav_retry_for) == (10, 900)
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.weav_conversation_url is None


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "xapp-"),
        ("WEAV_API_URL", "http://weav.example/v1", "https://"),
        ("WEAV_API_URL", "weav.example", "https://"),
        ("SLACK_API_URL", "ftp://slack.com", "https://"),
        ("WEAV_CONVERSATION_URL", "https://weav.example/", "{id}"),
        ("WEAV_CONVERSATION_URL", "{id}", "{id}"),
        ("SLACK_API_URL", "https://slack.com:CANARY/api/", "https://"),
        ("WEAV_API_URL", "https://[CANARY/v1", "https://"),
        ("WEAV_API_URL", "https://x:CANARY@weav.example/v1", "no name and password"),
        ("DATABASE_URL", "mysql://x", "postgresql://"),
        ("DATABASE_URL", "sqlite:///", "and a file"),
        ("DATABASE_URL", "sqlite:///a%00b.db", "no NUL"),
        ("DATABASE_URL", "postgresql://x:CANARY%00@db.example/x", "no NUL"),
        ("WEAV_API_URL", "https://weav.example/v 1", "https://"),
        ("WEAV_CONVERSATION_URL", "https://[weav/{id}", "{id}"),
        ("WEAV_CONVERSATION_URL", f"https://weav.example/{'x' * 500}/{{id}}", "500 characters"),
        ("HOST", "127.0.0.1 3000", "IP address"),
        ("WEAV_TIMEOUT", "0", "greater than 0"),
        ("WEAV_RETRY_FOR", "-1", "greater than or equal to 0"),
        ("PORT", "65536", "65535"),
        ("SLACK_ADMINS", f"U0ANN,U{'0' * 40}", "ids that begin with U or W"),
        ("LOG_LEVEL", "loud", "DEBUG"),
        ("LOG_FORMAT", "xml", "json"),
    ],
)
def test_a_wrong_value_is_reported_with_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    for variable, given in (GIVEN | {name: value}).items():
        monkeypatch.setenv(variable, given)

    with pytest.raises(SettingsError) as error:
        read_settings()

    [line] = str(error.value).splitlines()
    assert line.startswith(name)
    assert problem in line
    assert "CANARY" not in str(error.value)


SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-CANARY",
    "SLACK_APP_TOKEN": "xapp-CANARY",
    "SLACK_SIGNING_SECRET": "CANARY",
    "WEAV_API_TOKEN": "CANARY",
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("odd", ["…", "\u00a0x", " x", "\nx", "\x7f", "\u200b"])
def test_a_secret_that_cannot_be_sent_in_a_header_is_rejected(
    monkeypatch: pytest.MonkeyPatch, name: str, odd: str
) -> None:
    for variable, given in (GIVEN | {name: f"{SECRETS[name]}{odd}"}).items():
        monkeypatch.setenv(variable, given)

    with pytest.raises(SettingsError) as error:
        read_settings()

    assert str(error.value) == (
        f"{name} must be printable ASCII characters without spaces: copy it again"
    )


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "WEAV_API_TOKEN"])
def test_bytes_that_are_not_utf_8_are_refused_without_quoting_them(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, given in (GIVEN | {name: "xoxb-CANARY\udcff"}).items():
        monkeypatch.setenv(variable, given)

    with pytest.raises(SettingsError) as error:
        read_settings()

    assert name in str(error.value)
    assert "CANARY" not in str(error.value)


def test_white_space_around_values_is_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {"WEAV_API_URL": "https://weav.example/v1", "DATABASE_URL": "sqlite:///a.db"}
    for variable, given in (SECRETS | others).items():
        monkeypatch.setenv(variable, f" {given}\r\n")

    settings = read_settings()

    for name, secret in SECRETS.items():
        assert getattr(settings, name.lower()).get_secret_value() == secret
    assert settings.weav_api_url == "https://weav.example/v1/"
    assert settings.database_url == "sqlite:///a.db"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_dotenv_file_may_begin_with_a_byte_order_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    lines = "\n".join(f"{name}={value}" for name, value in GIVEN.items())
    (tmp_path / ".env").write_text(lines, encoding=encoding)
    monkeypatch.chdir(tmp_path)

    assert read_settings().weav_api_token.get_secret_value() == "t"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_dotenv_file_in_another_encoding_is_a_settings_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    (tmp_path / ".env").write_text("# für Weav\nWEAV_API_TOKEN=CANARY\n", encoding=encoding)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError) as error:
        read_settings()

    assert str(error.value) == ".env is not UTF-8: save it as that"


@pytest.mark.skipif(not UNREADABLE.exists(), reason="no file here is unreadable for root")
def test_an_unreadable_dotenv_file_is_a_settings_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").symlink_to(UNREADABLE)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError) as error:
        read_settings()

    assert str(error.value).startswith(".env cannot be read: ")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_accepted_for_loopback(host: str) -> None:
    assert settings_of(GIVEN | {"WEAV_API_URL": f"http://{host}:1/v1"})


def test_secrets_are_in_no_repr_or_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    monkeypatch.setenv("SLACK_APP_TOKEN", "canary")

    assert "canary" not in repr(settings_of(GIVEN | {"SLACK_BOT_TOKEN": "xoxb-canary"}))
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert "canary" not in str(error.value)


def test_a_link_template_may_have_the_id_anywhere() -> None:
    settings = settings_of(GIVEN | {"WEAV_CONVERSATION_URL": "https://weav.example/{id}/x"})

    assert settings.weav_conversation_url == "https://weav.example/{id}/x"


def test_the_example_file_has_every_variable_once() -> None:
    with open(".env.example", encoding="utf-8") as example:  # noqa: PTH123 - beside pyproject.toml
        lines = example.read().splitlines()
    named = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)
