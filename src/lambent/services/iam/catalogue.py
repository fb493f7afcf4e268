"""The managed policies of AWS that users of Lambda name, from `managed.json`: path, name, description, document.

The documents are written from what AWS publishes of each policy's permissions; Lambent keeps one version of each.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from lambent.services.iam.names import AWS, arn
from lambent.services.iam.records import ManagedPolicy, PolicyVersion

_MADE = 1_423_000_000.0
"""Any day before all accounts: the real ones differ, and nothing depends on them."""


class _Listed(msgspec.Struct, frozen=True):
    name: str
    statements: msgspec.Raw
    path: str = "/"


@cache
def policies() -> dict[str, ManagedPolicy]:
    """Every one, by ARN."""
    text = files(__package__).joinpath("managed.json").read_bytes()
    made = [_made(number, each) for number, each in enumerate(msgspec.json.decode(text, type=list[_Listed]))]
    return {each.arn: each for each in made}


def policy(policy_arn: str) -> ManagedPolicy | None:
    """One by its ARN."""
    return policies().get(policy_arn)


def _made(number: int, listed: _Listed) -> ManagedPolicy:
    document = msgspec.json.encode({"Version": "2012-10-17", "Statement": listed.statements}).decode()
    return ManagedPolicy(
        name=listed.name,
        path=listed.path,
        id=f"ANPAAWS{number:014d}",
        arn=arn(AWS, "policy", listed.path, listed.name),
        created=_MADE,
        updated=_MADE,
        versions=(PolicyVersion("v1", document, _MADE),),
    )
