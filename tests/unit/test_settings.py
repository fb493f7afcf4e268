"""Options override the environment, which overrides the defaults; a value that cannot be read names its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambent.settings import Settings, child_environment


def test_defaults() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 4566, Path(".lambent"))
    assert settings.auth


def test_the_environment_is_converted_to_each_fields_type() -> None:
    settings = Settings.from_environment(
        {"LAMBENT_PORT": "0", "LAMBENT_DATA": "/data", "LAMBENT_AUTH": "false", "LAMBENT_ACCOUNT_ID": "123456789012"}
    )
    assert settings == Settings(port=0, data=Path("/data"), auth=False, account="123456789012")


def test_options_win_and_none_is_not_an_option() -> None:
    assert Settings.from_environment({"LAMBENT_PORT": "1"}, port=2, host=None).port == 2
    assert Settings.from_environment({"LAMBENT_HOST": "::1"}, host=None).host == "::1"


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Settings.from_environment({"LAMBENT_PORT": ""}).port == 4566


def test_a_wrong_value_names_its_variable() -> None:
    with pytest.raises(ValueError, match="LAMBENT_PORT"):
        Settings.from_environment({"LAMBENT_PORT": "many"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORGANIZATION", "acme"),
        ("STREAM_LIMIT_MB", "0"),
        ("STREAM_BURST_MB", "-1"),
        ("STREAM_MB_PER_SECOND", "0"),
        ("LIFETIME_SECONDS", "0"),
        ("LIFETIME_SECONDS", "1e9"),
        ("SCALING_ENVIRONMENTS", "0"),
        ("SCALING_SECONDS", "0"),
        ("PROVISIONED_PER_MINUTE", "0"),
        ("MEMORY_RESERVE_MB", "-1"),
    ],
)
def test_a_value_that_makes_no_sense_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"LAMBENT_{name}: "):
        Settings.from_environment({f"LAMBENT_{name}": value})


def test_the_real_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBENT_REGION", "eu-north-1")
    assert Settings.from_environment().region == "eu-north-1"


def test_a_childs_environment_is_ours_less_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("LANG", "C")
    made = child_environment({"AWS_REGION": "us-east-1", "LANG": "C.UTF-8"}, without="AWS_")
    assert "AWS_PROFILE" not in made
    assert made["AWS_REGION"] == "us-east-1"
    assert made["LANG"] == "C.UTF-8"
    assert made["PATH"]


def test_what_the_shell_was_given_counts_only_together() -> None:
    given = {"AWS_ENDPOINT_URL": "http://here:1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}
    settings = Settings.from_environment(given)
    assert (settings.shell_endpoint, settings.shell_access_key_id) == ("http://here:1", "A")
    assert settings.shell_secret_access_key == "s"
    for missing in given:
        partly = Settings.from_environment({name: value for name, value in given.items() if name != missing})
        assert (partly.shell_endpoint, partly.shell_access_key_id) == (None, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])
def test_without_authentication_nobody_else_is_served(host: str) -> None:
    with pytest.raises(ValueError, match="only loopback may be served"):
        Settings.from_environment({}, auth=False, host=host)
    assert Settings.from_environment({}, host=host).auth


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_without_authentication_this_machine_is_served(host: str) -> None:
    assert not Settings.from_environment({}, auth=False, host=host).auth


def test_services_are_known_by_what_sdks_call_them() -> None:
    given = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://here:1", "AWS_ENDPOINT_URL_EVENTBRIDGE": "http://here:2"}
    assert Settings.from_environment(given).endpoints == {"secretsmanager": "http://here:1", "events": "http://here:2"}


def test_brokers_are_a_json_object() -> None:
    given = {"LAMBENT_BROKERS": '{"arn:aws:mq:x": "amqp://here:5672"}'}
    assert Settings.from_environment(given).brokers == {"arn:aws:mq:x": "amqp://here:5672"}
    with pytest.raises(ValueError, match="LAMBENT_BROKERS: "):
        Settings.from_environment({"LAMBENT_BROKERS": "amqp://here:5672"})
