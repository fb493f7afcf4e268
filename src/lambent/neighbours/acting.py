"""In whose name a service of ours calls another: its own, for a resource of somebody's, or a role that it was given."""

from __future__ import annotations

from collections.abc import Callable

from lambent.context import Clock, Context, Ids, Principal

InRole = Callable[[str, str], Principal]
"""(role's ARN, session name) -> who acts there; whether the service may assume it is checked before."""


class Acting:
    """Makes contexts for calls that no request asked for. `everybody`: all act as this one (no authentication)."""

    def __init__(self, in_role: InRole, everybody: Principal | None, clock: Clock, ids: Ids) -> None:
        self._in_role = in_role
        self._everybody = everybody
        self._clock = clock
        self._ids = ids

    def as_service(self, service: str, source_arn: str, *, trace_id: str | None = None) -> Context:
        """`service` (`sns.amazonaws.com`) for its resource `source_arn`: policies of resources decide what it may."""
        _, _, _, region, account, _ = source_arn.split(":", 5)
        principal = Principal(
            account=account,
            arn="",
            access_key_id="",
            service=service,
            source_arn=source_arn,
            source_account=account,
        )
        return self._context(principal, account, region, trace_id)

    def as_account(self, account: str, region: str, *, trace_id: str | None = None) -> Context:
        """As the account itself, whose resource sends to one that may be another's: that one's policy decides."""
        principal = Principal(account=account, arn=f"arn:aws:iam::{account}:root", access_key_id="")
        return self._context(principal, account, region, trace_id)

    def as_role(self, role: str, session: str, region: str, *, trace_id: str | None = None) -> Context:
        """In a session of `role` (by ARN): its policies decide."""
        return self._context(self._in_role(role, session), role.split(":")[4], region, trace_id)

    def _context(self, principal: Principal, account: str, region: str, trace_id: str | None) -> Context:
        return Context(
            account=account,
            region=region,
            principal=self._everybody or principal,
            request_id=self._ids.request_id(),
            clock=self._clock,
            ids=self._ids,
            trace_id=trace_id,
        )
