"""Key policies: the one that keys have by themselves, and whether another will do."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.policy.document import Malformed, Use, parse
from lambent.policy.engine import Policies, Question, decide
from lambent.policy.index import PolicySet
from lambent.policy.principals import Caller, Kind
from lambent.services.kms import errors, limits

NAME = "default"


def default(account: str) -> str:
    """The account's own policies decide who may use the key."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}
    return msgspec.json.format(msgspec.json.encode(policy)).decode()


def checked(ctx: Context, document: str, *, bypass: bool) -> str:
    """A caller's document, if it is a policy that they could change again. Raises ApiError."""
    if len(document.encode()) > limits.POLICY_BYTES:
        raise errors.limit("bytes of a key policy", limits.POLICY_BYTES)
    try:
        policy = parse(document, Use.RESOURCE, "key policy")
    except Malformed as error:
        raise errors.malformed(str(error)) from None
    if not bypass and not _changeable(ctx, PolicySet([policy])):
        raise errors.lockout()
    return document


def _changeable(ctx: Context, policy: PolicySet) -> bool:
    """Whether the caller, or at least the account, could put another policy."""
    who = ctx.principal
    kind = Kind.USER if who.user else Kind.SESSION if who.role else Kind.ROOT
    role = f"arn:aws:iam::{who.account}:role/{who.role}" if who.role else None
    callers = (
        Caller(kind, who.account, who.arn, role),
        Caller(Kind.ROOT, who.account, f"arn:aws:iam::{who.account}:root"),
    )
    return any(
        decide(
            Question(caller, "kms:PutKeyPolicy", "*", ctx.account, lambda key: None),
            Policies(resource=policy, resource_decides=True),
        ).allowed
        for caller in callers
    )
