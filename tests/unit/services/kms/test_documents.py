"""Whether a key policy will do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambent.context import Principal, Session
from lambent.model.errors import ApiError
from lambent.services.kms import documents
from tests.unit.services.kms.conftest import ACCOUNT, ROOT

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World

ANN = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "AKIA", user="ann")
SESSION = Principal(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", "ASIA", role="r", session=Session("s", 0.0))


def policy(who: str, action: str = "kms:*") -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("principal", "document"),
    [
        (ROOT, documents.default(ACCOUNT)),
        (ANN, policy(ANN.arn)),
        (ANN, policy(ACCOUNT)),
        (SESSION, policy(f"arn:aws:iam::{ACCOUNT}:role/r", "kms:Put*")),
    ],
)
def test_who_can_change_it_again(world: World, principal: Principal, document: str) -> None:
    assert documents.checked(world.ctx(principal), document, bypass=False) == document


@pytest.mark.parametrize("document", [policy(ANN.arn), policy(ACCOUNT, "kms:Encrypt")])
def test_nobody_locks_themselves_out_unless_they_insist(world: World, document: str) -> None:
    with pytest.raises(ApiError) as raised:
        documents.checked(world.ctx(), document, bypass=False)
    assert (raised.value.code, raised.value.message) == (
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )
    assert documents.checked(world.ctx(), document, bypass=True) == document


@pytest.mark.parametrize(
    ("document", "code"),
    [("{", "MalformedPolicyDocumentException"), (policy("x" * 33_000), "LimitExceededException")],
)
def test_what_is_no_policy(world: World, document: Any, code: str) -> None:
    with pytest.raises(ApiError) as raised:
        documents.checked(world.ctx(), document, bypass=True)
    assert raised.value.code == code
