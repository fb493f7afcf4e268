"""Sessions for whoever an identity provider vouches for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError
from tests.unit.services.iam.conftest import ACCOUNT
from tests.unit.services.sts.provider import Provider

if TYPE_CHECKING:
    from tests.unit.services.sts.conftest import Tokens

ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci"
ISSUER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com/a"


@pytest.fixture
async def provider(tokens: Tokens, tmp_path: Path) -> Provider:
    """One that the account knows, and a role `ci` that trusts it for one subject."""
    made = Provider()
    (tmp_path / "id.example.com_a.json").write_text(json.dumps({"keys": [made.jwk]}))
    await tokens.call("CreateOpenIDConnectProvider", Url="https://id.example.com/a", ClientIDList=["lambent"])
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": ISSUER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"id.example.com/a:aud": "lambent"},
            "StringLike": {"id.example.com/a:sub": "repo:mine/*"},
        },
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    await tokens.call("CreateRole", RoleName="ci", AssumeRolePolicyDocument=trust)
    return made


async def assume(tokens: Tokens, token: str, **params: Any) -> Any:
    asked = {"RoleArn": ROLE, "RoleSessionName": "me", "WebIdentityToken": token}
    return await tokens.sts("AssumeRoleWithWebIdentity", **(asked | params))


def claims(tokens: Tokens, **more: Any) -> dict[str, Any]:
    given = {"iss": "https://id.example.com/a", "sub": "repo:mine/x", "aud": "lambent", "exp": tokens.clock.at + 60}
    return given | more


async def test_a_session(tokens: Tokens, provider: Provider) -> None:
    made = await assume(tokens, provider.token(**claims(tokens)))
    assert made["SubjectFromWebIdentityToken"] == "repo:mine/x"
    assert (made["Provider"], made["Audience"]) == (ISSUER, "lambent")
    principal = tokens.whose(made)
    assert principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/me"
    assert principal.session is not None
    assert principal.session.provider == ISSUER


@pytest.mark.parametrize(
    ("change", "params", "code", "text"),
    [
        ({"sub": "repo:theirs/x"}, {}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        ({}, {"RoleArn": ROLE + "x"}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        ({"aud": "another"}, {}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"exp": 1}, {}, "ExpiredTokenException", "Token expired"),
        ({"exp": "soon"}, {}, "InvalidIdentityToken", "The ID Token provided is not a valid JWT."),
        ({"iss": "https://other"}, {}, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for"),
        ({}, {"WebIdentityToken": "x"}, "InvalidIdentityToken", "The ID Token provided is not a valid JWT."),
        ({}, {"ProviderId": "www.amazon.com"}, "ValidationError", "ProviderId is not supported by Lambent"),
        ({}, {"DurationSeconds": 7200}, "ValidationError", "The requested DurationSeconds exceeds"),
        ({}, {"RoleArn": "ci"}, "InvalidIdentityToken", "No OpenIDConnect provider found"),
    ],
)
async def test_what_is_refused(
    tokens: Tokens, provider: Provider, change: dict[str, Any], params: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(ApiError) as raised:
        await assume(tokens, provider.token(**claims(tokens, **change)), **params)
    assert (raised.value.code, raised.value.message[: len(text)]) == (code, text)


async def test_without_keys_nobody_is_believed(tokens: Tokens, provider: Provider, tmp_path: Path) -> None:
    for text in ("{", "{}"):
        (tmp_path / "id.example.com_a.json").write_text(text)
        with pytest.raises(ApiError, match="Couldn't retrieve verification key"):
            await assume(tokens, provider.token(**claims(tokens)))
