"""Whom a Principal element means, and how directly: what it grants depends on that.

A caller is who signed: a user, a session of a role, the account itself, a service of AWS, or nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Any

import msgspec


class Kind(Enum):
    """What sort of caller it is."""

    ROOT = "root"
    USER = "user"
    SESSION = "session"
    SERVICE = "service"
    ANONYMOUS = "anonymous"


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `arn` is what AWS shows of them (a session's own ARN); `role_arn` is the role behind a session;
    `service` names a service (`s3.amazonaws.com`) that acts in `region`; `provider` who vouched for a federated
    session."""

    kind: Kind
    account: str
    arn: str
    role_arn: str | None = None
    service: str | None = None
    provider: str | None = None
    region: str = ""


class Grade(IntEnum):
    """How directly a principal was named; a higher one grants more by itself."""

    NONE = 0
    ACCOUNT = 1
    """The account: its own policies must allow, too."""
    ROLE = 2
    """The role behind the session, or everybody: boundaries and session policies still limit."""
    DIRECT = 3
    """The caller as such."""


class Principals(msgspec.Struct, frozen=True):
    """A Principal or NotPrincipal element, read. `aws` holds ARNs and account numbers."""

    everybody: bool = False
    aws: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()
    inverted: bool = False

    def grade(self, caller: Caller) -> Grade:
        """How directly it means the caller."""
        found = self._grade(caller)
        if not self.inverted:
            return found
        # Whoever leaves out a principal must leave out its account with it: else the account still counts.
        return Grade.NONE if found > Grade.NONE else Grade.ROLE

    def _grade(self, caller: Caller) -> Grade:
        if caller.service is not None:
            meant = self.everybody or not self.services.isdisjoint((caller.service, _regional(caller)))
            return Grade.DIRECT if meant else Grade.NONE
        if caller.arn in self.aws:
            return Grade.DIRECT
        if caller.provider is not None and caller.provider in self.federated:
            return Grade.DIRECT
        if self.everybody or (caller.role_arn is not None and caller.role_arn in self.aws):
            return Grade.ROLE
        if caller.kind is not Kind.ANONYMOUS and caller.account in self.aws:
            return Grade.ACCOUNT
        return Grade.NONE


def principals(element: Any, *, inverted: bool = False) -> Principals:
    """A Principal element, read. Raises ValueError with what is wrong, as IAM names it: `"AWS":"..."`."""
    if element == "*":
        return Principals(everybody=True, inverted=inverted)
    if not isinstance(element, Mapping) or not element:
        raise ValueError(f'"{element}"')
    named: dict[str, list[str]] = {}
    for kind, value in element.items():
        values = value if isinstance(value, list) else [value]
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser") or not values:
            raise ValueError(f'"{kind}":"{value}"')
        for each in values:
            if not isinstance(each, str) or not each or (kind == "AWS" and not _is_aws(each)):
                raise ValueError(f'"{kind}":"{each}"')
        named[kind] = values
    aws = named.get("AWS", [])
    return Principals(
        everybody="*" in aws,
        aws=frozenset(_account(each) or each for each in aws if each != "*"),
        services=frozenset(named.get("Service", ())),
        federated=frozenset(named.get("Federated", ())),
        inverted=inverted,
    )


def _regional(caller: Caller) -> str:
    """A service by its name in one region (`logs.us-east-1.amazonaws.com`), which means it there alone."""
    service, _, domain = (caller.service or "").partition(".")
    return f"{service}.{caller.region}.{domain}"


def _is_aws(text: str) -> bool:
    if text == "*" or _account(text):
        return True
    parts = text.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and parts[2] in ("iam", "sts") and "*" not in text


def _account(text: str) -> str | None:
    """The account that a number or the ARN of its root names."""
    if text.isdecimal() and len(text) == 12:
        return text
    parts = text.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[5] == "root" and parts[2] == "iam" else None
