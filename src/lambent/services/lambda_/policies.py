"""Resource policies as documents: a statement comes, a statement goes, and whom a statement lets in. Pure.

Documents are JSON texts, as short as can be, in the order in which statements were added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.services.lambda_ import errors, limits

Statement = Mapping[str, Any]

_ACCOUNT = re.compile(r"\d{12}")


def with_statement(document: str | None, statement: Statement) -> str:
    """The document (None: none so far) and one more statement. Raises ApiError."""
    policy = empty() if document is None else msgspec.json.decode(document)
    statements = statements_of(policy)
    if any(existing.get("Sid") == statement["Sid"] for existing in statements):
        raise errors.statement_exists(statement["Sid"])
    return checked(text({**policy, "Statement": [*statements, statement]}))


def without_statement(document: str, sid: str) -> str | None:
    """The document less one statement; None when nothing is left. Raises ApiError."""
    policy = msgspec.json.decode(document)
    statements = statements_of(policy)
    left = [statement for statement in statements if statement.get("Sid") != sid]
    if len(left) == len(statements):
        raise errors.statement_absent(sid)
    return text({**policy, "Statement": left}) if left else None


def empty() -> dict[str, Any]:
    """A policy that says nothing, as AWS begins them."""
    return {"Version": "2012-10-17", "Id": "default", "Statement": []}


def statements_of(policy: Mapping[str, Any]) -> list[Statement]:
    """A policy's statements; IAM lets a single one stand without a list."""
    statements = policy.get("Statement", [])
    return list(statements) if isinstance(statements, list) else [statements]


def text(tree: Mapping[str, Any]) -> str:
    """A statement or policy as JSON."""
    return msgspec.json.encode(tree).decode()


def checked(document: str) -> str:
    """The document, if it is not too long. Raises ApiError."""
    size = len(document.encode())
    if size > limits.POLICY_BYTES:
        raise errors.policy_too_long(size, limits.POLICY_BYTES)
    return document


def principal(given: str) -> str | dict[str, str]:
    """How a statement names `*`, an account, a role or user, or a service. Raises ApiError for anything else."""
    if given == "*":
        return "*"
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if given.startswith("arn:"):
        return {"AWS": given}
    raise errors.invalid_principal()


def lets_in(document: str, action: str, account: str) -> bool:
    """Whether a document allows `action` to every caller of an account, under no condition."""
    return any(
        statement.get("Effect") == "Allow"
        and statement.get("Action") == action
        and statement.get("Principal") in ("*", {"AWS": f"arn:aws:iam::{account}:root"})
        and not statement.get("Condition")
        for statement in statements_of(msgspec.json.decode(document))
    )
