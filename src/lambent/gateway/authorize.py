"""May this caller do that? The beat where policies are judged, the same for requests and for calls between services.

What an identity may do is remembered compiled until any identity changes, and what a resource says comes from its
service's cache, so a warm decision reads nothing; what no condition had a say in is not even decided again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any

from lambent.context import Clock, Principal
from lambent.gateway.conditions import Keys
from lambent.gateway.refusals import Refusal, Refused
from lambent.http.message import Request
from lambent.policy.decisions import Decisions
from lambent.policy.document import Malformed, Policy, Use, parse
from lambent.policy.engine import By, Decision, Policies, Question, refusal
from lambent.policy.index import PolicySet
from lambent.policy.principals import Caller, Kind
from lambent.services.access import Access, Guarded, Need
from lambent.services.iam.identities import Identities, Identity

_SESSIONS_COMPILED = 4096


Used = Callable[[str, str, str, str], None]
"""Told account, role, action and resource."""


PASS_ROLE = "iam:PassRole"
CROSS_ACCOUNT = "Cross-account pass role is not allowed."
"""No policy can allow it: whoever could would act with another account's rights."""


class Authorizer:
    """Judges calls by the policies of `identities` and of the services' resources."""

    def __init__(
        self,
        identities: Identities,
        clock: Clock,
        used: Used | None = None,
        organization: str | None = None,
        *,
        any_role: bool = False,
    ) -> None:
        """`used` is told of everything that a role was allowed. All accounts are of the `organization`, if any.
        `any_role`: roles are never asked for their trust, so that they may be another account's, too."""
        self._organization = organization
        self._identities = identities
        self._clock = clock
        self._used = used
        self._decisions = Decisions()
        self._any_role = any_role

    async def check(
        self, principal: Principal, access: Access, needs: Sequence[Need], region: str, request: Request | None
    ) -> None:
        """Let a call pass that has all it needs. Raises Refused with AWS's AccessDenied text."""
        identity = await self._identity(principal) if principal.role or principal.user else None
        for need in needs:
            if need.action == PASS_ROLE and not self._any_role and _account(need.resource) not in (None, need.account):
                raise Refused(Refusal.DENIED, CROSS_ACCOUNT)
            guarded = await access.guard(need)
            if (
                principal.is_root
                and guarded.policy is None
                and not guarded.decides
                and need.account == principal.account
            ):
                continue  # nobody has said anything about it
            keys = Keys(need, principal, identity, guarded.tags, region, request, self._clock, self._organization)
            question = Question(_caller(principal, identity, region), need.action, need.resource, need.account, keys)
            decision = self._decisions.decide(question, _policies(principal, identity, guarded))
            if not decision.allowed:
                raise Refused(Refusal.DENIED, _text(question, decision), _why(question, decision))
            if principal.role is not None and self._used is not None:
                self._used(principal.account, principal.role, need.action, need.resource)

    async def _identity(self, principal: Principal) -> Identity | None:
        kind, name = ("role", principal.role) if principal.role else ("user", principal.user)
        if name is None:
            return None
        known = self._identities.remembered(kind, principal.account, name)
        if known is not None:
            return known
        read: Callable[[str, str], Awaitable[Identity | None]] = getattr(self._identities, kind)
        return await read(principal.account, name)


def _account(arn: str) -> str | None:
    """Whose it is; None if it is no ARN, which others refuse."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else None


def _caller(principal: Principal, identity: Identity | None, region: str) -> Caller:
    if principal.service is not None:
        return Caller(Kind.SERVICE, "", principal.service, service=principal.service, region=region)
    if principal.is_root:
        return Caller(Kind.ROOT, principal.account, principal.arn)
    if principal.role is not None:
        provider = None if principal.session is None else principal.session.provider
        role_arn = None if identity is None else identity.arn
        return Caller(Kind.SESSION, principal.account, principal.arn, role_arn=role_arn, provider=provider)
    if principal.user is not None:
        return Caller(Kind.USER, principal.account, principal.arn)
    return Caller(Kind.ANONYMOUS, "", principal.arn)


def _policies(principal: Principal, identity: Identity | None, guarded: Guarded) -> Policies:
    session = None
    if principal.session is not None and principal.session.policies:
        session = _session_policies(principal.session.policies)
    return Policies(
        identity=None if identity is None else identity.policies,
        boundary=None if identity is None else identity.boundary,
        session=session,
        resource=guarded.policy,
        resource_decides=guarded.decides,
    )


@lru_cache(_SESSIONS_COMPILED)
def _session_policies(documents: tuple[str, ...]) -> PolicySet:
    return PolicySet([_parsed(document, number) for number, document in enumerate(documents, 1)])


def _parsed(document: str, number: int) -> Policy:
    """Documents were checked when the session began; one that is no policy all the same allows nothing."""
    try:
        return parse(document, Use.IDENTITY, f"session policy {number}")
    except Malformed:
        return Policy(f"session policy {number}", ())


def _text(question: Question, decision: Decision) -> str:
    """STS does not say why a role cannot be assumed: that would tell strangers about it."""
    said = refusal(question, decision)
    if question.action.startswith("sts:Assume") and not decision.explicit and decision.by is By.RESOURCE:
        return said.partition(" because ")[0]
    return said


def _why(question: Question, decision: Decision) -> dict[str, Any]:
    """How it was decided, for `lambent explain`."""
    told: dict[str, Any] = {
        "principal": question.caller.arn,
        "action": question.action,
        "resource": question.resource,
        "decision": "explicitDeny" if decision.explicit else "implicitDeny",
        "by": decision.by.value,
    }
    if decision.ground is not None:
        statement = decision.ground.statement
        conditions = {each.key: list(question.lookup(each.key) or ()) for each in statement.conditions}
        told |= {"policy": decision.ground.policy, "statement": statement.sid or str(statement.index + 1)}
        told |= {"conditionValues": conditions} if conditions else {}
    return told
