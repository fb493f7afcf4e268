"""Settings: precedence, types, and errors that name the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.settings import Settings, variable


def test_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 4566, True)


def test_environment_is_read_by_type() -> None:
    settings = Settings.from_environment(
        {
            "LAMBENT_PORT": "80",
            "LAMBENT_DATA": "~/x",
            "LAMBENT_AUTH": "false",
            "LAMBENT_ACCOUNT_ID": "123456789012",
            "LAMBENT_IDLE_SECONDS": "2.5",
            "LAMBENT_TLS_CERTIFICATE": "/c",
            "LAMBENT_TLS_KEY": "/k",
            "LAMBENT_REGION": "",
            "HOME": "/nowhere",
        }
    )
    assert (settings.port, settings.auth, settings.account, settings.idle_seconds) == (80, False, "123456789012", 2.5)
    assert settings.data == Path("~/x").expanduser()
    assert settings.tls_key == Path("/k")
    assert settings.region == "us-east-1"


def test_overrides_win_unless_they_are_none() -> None:
    settings = Settings.from_environment(
        {"LAMBENT_PORT": "80", "LAMBENT_HOST": "h"}, port=81, host=None, data=Path("/d")
    )
    assert (settings.port, settings.host, settings.data) == (81, "h", Path("/d"))


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"LAMBENT_PORT": "x"}, "LAMBENT_PORT: Expected `int`"),
        ({"LAMBENT_PORT": "65536"}, "LAMBENT_PORT: 65536 is not valid"),
        ({"LAMBENT_ACCOUNT_ID": "12"}, "LAMBENT_ACCOUNT_ID: '12' is not valid"),
        ({"LAMBENT_REGION": "a/b"}, "LAMBENT_REGION"),
        ({"LAMBENT_SANDBOX": "vm"}, "LAMBENT_SANDBOX: 'vm' is not valid"),
        ({"LAMBENT_CONCURRENCY_LIMIT": "0"}, "LAMBENT_CONCURRENCY_LIMIT"),
        ({"LAMBENT_UNRESERVED_MINIMUM": "1001"}, "LAMBENT_UNRESERVED_MINIMUM"),
        ({"LAMBENT_INIT_SECONDS": "0"}, "LAMBENT_INIT_SECONDS"),
        ({"LAMBENT_IDLE_SECONDS": "-1"}, "LAMBENT_IDLE_SECONDS"),
        (
            {"LAMBENT_ROOT_ACCESS_KEY_ID": "A"},
            "LAMBENT_ROOT_ACCESS_KEY_ID and LAMBENT_ROOT_SECRET_ACCESS_KEY must be given together",
        ),
        ({"LAMBENT_TLS_KEY": "k"}, "LAMBENT_TLS_CERTIFICATE and LAMBENT_TLS_KEY must be given together"),
    ],
)
def test_errors_name_the_variable(environment: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError) as caught:
        Settings.from_environment(environment)
    assert str(caught.value).startswith(text)


def test_an_override_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ValueError, match="settings"):
        Settings.from_environment({}, port="many")


def test_variable_names() -> None:
    assert variable("account") == "LAMBENT_ACCOUNT_ID"
    assert variable("host") == "LAMBENT_HOST"
