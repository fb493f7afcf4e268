"""A gateway over real models with small services, stopped time, and requests signed by botocore."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import Key
from lambent.http.message import Request

ACCOUNT = "123456789012"
NOW = 1_790_000_000.0
ROOT = Key("AKIAROOT", "root-secret")
HOST = "127.0.0.1:4566"


class StoppedClock:
    """Time that moves when told to. Seconds since the epoch."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds

    def move(self, seconds: float) -> None:
        self.at += seconds


def signed(
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    key: Key = ROOT,
    service: str = "lambda",
    region: str = "eu-west-1",
    now: float = NOW,
) -> Request:
    """A request signed by botocore, as the HTTP server would hand it over."""
    request = AWSRequest(method=method, url=f"http://{HOST}{target}", data=body, headers=dict(headers or {}))
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None)
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
    with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: moment):
        auth.SigV4Auth(credentials, service, region).add_auth(request)
    fields = {**request.headers, "Host": HOST}
    return Request.of(method, target, [(name, str(value)) for name, value in fields.items()], body)


def context(**more: Any) -> Context:
    """A request's circumstances, as root."""
    principal = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ROOT.access_key_id)
    given: dict[str, Any] = {"endpoint": f"http://{HOST}"} | more
    return Context(ACCOUNT, "eu-west-1", principal, "request-id", StoppedClock(), RandomIds(), **given)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def keyring(clock: StoppedClock) -> Keyring:
    return Keyring(ROOT, "ab" * 32, ACCOUNT, clock, RandomIds())


async def nobody(key_id: str, service: str, region: str) -> tuple[str, Principal] | None:
    """There are no users."""
    return None


@pytest.fixture
def authenticator(keyring: Keyring, clock: StoppedClock) -> Authenticator:
    return Authenticator(keyring, nobody, clock)


@pytest.fixture
def sign() -> Any:
    return signed


@pytest.fixture
def ctx() -> Context:
    return context()
