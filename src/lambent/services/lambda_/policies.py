"""Resource policies as documents: a statement comes, a statement goes, and whom a statement lets in. Pure.

Documents are JSON texts, as short as can be, in the order in which statements were added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.services.lambda_ import limits, policy_errors

Statement = Mapping[str, Any]

_ACCOUNT = re.compile(r"\d{12}")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+")
_SERVICE = re.compile(r"([a-z0-9-]+\.)+(amazonaws\.com(\.cn)?|amazon\.com)")
_ACTION = re.compile(r"\*|lambda:(\*|[a-zA-Z]+\*?)")
_VERSIONS = ("2012-10-17", "2008-10-17")
_MEMBERS = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})


def with_statement(document: str | None, statement: Statement) -> str:
    """The document (None: none so far) and one more statement. Raises ApiError."""
    policy = empty() if document is None else msgspec.json.decode(document)
    statements = statements_of(policy)
    if any(existing.get("Sid") == statement["Sid"] for existing in statements):
        raise policy_errors.statement_exists(statement["Sid"])
    return checked(text({**policy, "Statement": [*statements, statement]}))


def without_statement(document: str, sid: str) -> str | None:
    """The document less one statement; None when nothing is left. Raises ApiError."""
    policy = msgspec.json.decode(document)
    statements = statements_of(policy)
    left = [statement for statement in statements if statement.get("Sid") != sid]
    if len(left) == len(statements):
        raise policy_errors.statement_absent(sid)
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
        raise policy_errors.too_long(size, limits.POLICY_BYTES)
    return document


def principal(given: str) -> str | dict[str, str]:
    """How a statement names `*`, an account, a role or user, or a service. Raises ApiError for anything else."""
    if given == "*":
        return "*"
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if _IDENTITY.fullmatch(given):
        return {"AWS": given}
    if _SERVICE.fullmatch(given):
        return {"Service": given}
    raise policy_errors.invalid_principal()


def accepted(document: str, resource: str) -> str:
    """A caller's own document for a resource (by its ARN), in our spelling. Raises ApiError."""
    try:
        policy = msgspec.json.decode(document)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise policy_errors.invalid_document("it is not JSON") from None
    if not isinstance(policy, dict) or not policy.keys() <= {"Version", "Id", "Statement"}:
        raise policy_errors.invalid_document("it must have Version, Statement and at most an Id")
    if policy.get("Version") not in _VERSIONS:
        raise policy_errors.invalid_document(f"Version must be one of {', '.join(_VERSIONS)}")
    statements = statements_of(policy)
    if not statements:
        raise policy_errors.invalid_document("there is no statement")
    for statement in statements:
        _check_statement(statement, resource)
    sids = [statement["Sid"] for statement in statements if "Sid" in statement]
    if len(set(sids)) != len(sids):
        raise policy_errors.invalid_document("two statements have the same Sid")
    if any(_public(statement) for statement in statements):
        raise policy_errors.public()
    return checked(text(policy))


def _check_statement(statement: Any, resource: str) -> None:
    if not isinstance(statement, dict) or not statement.keys() <= _MEMBERS:
        raise policy_errors.invalid_document(f"a statement may have {', '.join(sorted(_MEMBERS))}")
    if not isinstance(statement.get("Sid", ""), str):
        raise policy_errors.invalid_document("Sid must be a text")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise policy_errors.invalid_document("Effect must be Allow or Deny")
    if not all(_ACTION.fullmatch(action) for action in _texts(statement, "Action")):
        raise policy_errors.invalid_document("Action must name actions of Lambda")
    if any(named != resource for named in _texts(statement, "Resource")):
        raise policy_errors.invalid_document(f"Resource must be {resource}")
    if not isinstance(statement.get("Condition", {}), dict):
        raise policy_errors.invalid_document("Condition must be an object")
    who = statement.get("Principal")
    if who == "*":
        return
    if not isinstance(who, dict) or not who or not who.keys() <= {"AWS", "Service", "Federated"}:
        raise policy_errors.invalid_document("Principal must be * or name AWS, Service or Federated")
    for kind in who:
        _texts(who, kind)


def _texts(tree: Mapping[str, Any], member: str) -> list[str]:
    """A member that is one text or a list of some. Raises ApiError."""
    given = tree.get(member)
    texts = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str) and each]
    if not texts or (isinstance(given, list) and len(texts) < len(given)):
        raise policy_errors.invalid_document(f"{member} must be a text, or a list of texts")
    return texts


def _public(statement: Statement) -> bool:
    """Whether a statement lets everybody in, whoever and wherever they are."""
    who = statement["Principal"]
    if statement["Effect"] != "Allow" or statement.get("Condition"):
        return False
    return who == "*" or ("AWS" in who and "*" in _texts(who, "AWS"))


def lets_in(document: str, action: str, account: str) -> bool:
    """Whether a document allows `action` to every caller of an account, under no condition."""
    return any(
        statement.get("Effect") == "Allow"
        and statement.get("Action") == action
        and statement.get("Principal") in ("*", {"AWS": f"arn:aws:iam::{account}:root"})
        and not statement.get("Condition")
        for statement in statements_of(msgspec.json.decode(document))
    )
