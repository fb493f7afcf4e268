"""The address that hands out credentials."""

from __future__ import annotations

import msgspec
import pytest

from lambent.http.message import Request
from lambent.runtime_api.credentials_api import PATH, CredentialsApi

API = CredentialsApi("secret", ("AKIA", "key", "session"), 60.0)


def test_the_answer_is_a_containers_and_ends_the_connection() -> None:
    response = API.handle(Request.of("GET", PATH, [("Authorization", "secret")]), 1_700_000_000.0)
    assert response.status == 200
    assert msgspec.json.decode(response.body) == {
        "AccessKeyId": "AKIA",
        "SecretAccessKey": "key",
        "Token": "session",
        "Expiration": "2023-11-14T22:14:20Z",
    }
    assert dict(response.headers) == {"Content-Type": "application/json", "Connection": "close"}


@pytest.mark.parametrize("given", [None, "", "Secret", "Bearer secret"])
def test_who_does_not_know_the_token_gets_nothing(given: str | None) -> None:
    headers = [] if given is None else [("Authorization", given)]
    response = API.handle(Request.of("GET", PATH, headers), 0.0)
    assert (response.status, response.body) == (401, b"")


def test_other_methods() -> None:
    assert API.handle(Request.of("POST", PATH, [("Authorization", "secret")]), 0.0).status == 405
