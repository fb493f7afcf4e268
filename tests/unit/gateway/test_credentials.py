"""Keys: kept in one file, derived for functions, and found again from a token."""

from __future__ import annotations

import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.gateway import credentials
from lambent.gateway.credentials import SESSION_SECONDS, Keyring
from lambent.gateway.refusals import Refusal, Refused
from lambent.gateway.signing import Key
from lambent.invoke.pool import LIFETIME_SECONDS
from lambent.model.errors import PlatformError
from lambent.model.function import CodePackage, FunctionVersion, LoggingConfig
from lambent.settings import Settings

FUNCTION = FunctionVersion(
    account="123456789012",
    region="eu-west-1",
    name="f",
    version="1",
    arn="arn:aws:lambda:eu-west-1:123456789012:function:f:1",
    revision_id="r",
    role="arn:aws:iam::123456789012:role/path/worker",
    runtime="python3.12",
    handler="a.b",
    code=CodePackage("00" * 32, 1, 1),
    last_modified=0.0,
    logging=LoggingConfig("g"),
)


def refusal(call: Any, *args: Any) -> Refusal:
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.refusal


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    stored = credentials.load(data, RandomIds())
    assert credentials.load(data, RandomIds()) == stored
    assert stat.S_IMODE((data / "credentials.json").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["credentials.json"]
    assert (len(stored.access_key_id), stored.access_key_id[:4]) == (20, "AKIA")
    assert (len(stored.secret_access_key), len(stored.session_secret)) == (40, 64)


def test_a_file_that_is_broken_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("{")
    with pytest.raises(PlatformError, match=r"cannot read the keys in .*credentials\.json"):
        credentials.load(tmp_path, RandomIds())


def test_the_settings_own_key_wins(tmp_path: Path) -> None:
    stored = credentials.load(tmp_path, RandomIds())
    assert credentials.root_key(Settings(), stored) == Key(stored.access_key_id, stored.secret_access_key)
    given = Settings(root_access_key_id="A", root_secret_access_key="s")
    assert credentials.root_key(given, stored) == Key("A", "s")


def test_root(keyring: Keyring) -> None:
    secret, principal = keyring.find("AKIAROOT", None)
    assert secret == "root-secret"
    assert principal.is_root
    assert principal.arn == "arn:aws:iam::123456789012:root"


def test_a_functions_key(keyring: Keyring) -> None:
    made = keyring.for_function(FUNCTION)
    assert (len(made.access_key_id), made.access_key_id[:4]) == (20, "ASIA")
    secret, principal = keyring.find(made.access_key_id, made.session_token)
    assert secret == made.secret_access_key
    assert not principal.is_root
    assert principal.function_arn == FUNCTION.arn
    assert principal.arn == "arn:aws:sts::123456789012:assumed-role/worker/f"


def test_a_service_in_a_role_has_no_key(keyring: Keyring) -> None:
    principal = keyring.in_role("arn:aws:iam::210987654321:role/path/worker", "pipe")
    assert (principal.account, principal.role, principal.access_key_id) == ("210987654321", "worker", "")
    assert principal.arn == "arn:aws:sts::210987654321:assumed-role/worker/pipe"
    assert principal.function_arn is None


def test_every_environment_has_a_key_of_its_own(keyring: Keyring) -> None:
    first, second = keyring.for_function(FUNCTION), keyring.for_function(FUNCTION)
    assert first.access_key_id != second.access_key_id
    assert first.secret_access_key != second.secret_access_key


def test_another_server_on_the_same_secret_knows_the_key(keyring: Keyring, clock: Any) -> None:
    made = keyring.for_function(FUNCTION)
    other = Keyring(Key("B", "b"), "ab" * 32, "123456789012", clock, RandomIds())
    assert other.find(made.access_key_id, made.session_token)[0] == made.secret_access_key
    stranger = Keyring(Key("B", "b"), "cd" * 32, "123456789012", clock, RandomIds())
    assert refusal(stranger.find, made.access_key_id, made.session_token) is Refusal.UNKNOWN_KEY


def test_a_key_outlives_every_environment_and_then_ends(keyring: Keyring, clock: Any) -> None:
    made = keyring.for_function(FUNCTION)
    clock.at += LIFETIME_SECONDS
    keyring.find(made.access_key_id, made.session_token)
    clock.at += SESSION_SECONDS - LIFETIME_SECONDS
    assert refusal(keyring.find, made.access_key_id, made.session_token) is Refusal.EXPIRED_TOKEN


def test_unknown_keys(keyring: Keyring) -> None:
    made = keyring.for_function(FUNCTION)
    sealed = bytearray(urlsafe_b64decode(made.session_token))
    sealed[-1] ^= 1
    for key, token in (
        ("AKIANOBODY", None),
        (made.access_key_id, None),
        ("AKIAROOT", "token"),
        ("AKIAROOT", made.session_token),
        (made.access_key_id, ""),
        (made.access_key_id, "é"),
        (made.access_key_id, made.session_token[:-8]),
        (made.access_key_id, urlsafe_b64encode(sealed).decode()),
        (keyring.for_function(FUNCTION).access_key_id, made.session_token),
    ):
        assert refusal(keyring.find, key, token) is Refusal.UNKNOWN_KEY


def test_remembered_sessions_are_bounded(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_REMEMBERED_SESSIONS", 2)
    made = [keyring.for_function(FUNCTION) for _ in range(4)]
    for key in made + made:
        assert keyring.find(key.access_key_id, key.session_token)[0] == key.secret_access_key
    assert len(keyring._sessions) == 2
