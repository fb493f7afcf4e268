"""The inner door: calls from this process to its own services. No HTTP and no signature; all else as at the front door.

The lower floors know it as `neighbours.base.Inside`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.gateway.audit import Event, spelled
from lambent.gateway.authorize import Authorizer
from lambent.gateway.checks import check
from lambent.gateway.dispatch import Services
from lambent.gateway.refusals import Refused
from lambent.model.errors import ApiError
from lambent.services.access import Place
from lambent.services.operation import Result
from lambent.wire.model import Operation as Described

Tell = Callable[[Event], None]

AGENT = "lambda.amazonaws.com"
"""From where such a call comes, in the trail: as AWS tells of what its services do for somebody."""


class InnerDoor:
    """Answers calls with the operations of `services`."""

    def __init__(self, services: Services, authorizer: Authorizer, tell: Tell | None = None) -> None:
        """`tell` keeps the audit trail's events: of calls that were denied."""
        self._told = tell
        self._services = {service.model.service: service for service in services.all}
        self._authorizer = authorizer

    def serves(self, service: str) -> bool:
        """Whether there is such a service (by its botocore name)."""
        return service in self._services

    async def call(self, ctx: Context, service: str, operation: str, params: dict[str, Any]) -> Result:
        """Authorize, validate, dispatch. Raises ApiError, PlatformError; KeyError for what the model does not have."""
        served = self._services[service]
        described = served.model.operations[operation]
        try:
            found = served.operation(operation)
            needs = await served.access.needs(operation, Place(ctx.principal.account, ctx.region), params)
            await self._authorizer.check(ctx.principal, served.access, needs, ctx.region, None)
        except Refused as refused:
            error = refused.as_error(served.model.protocol, service)
            if self._told is not None:
                self._told(_event(ctx, service, described, params, error, refused.why))
            raise error from refused
        check(described, served.model.protocol, found, params)
        account = needs[0].account if needs else ctx.principal.account
        there = ctx if account == ctx.account else msgspec.structs.replace(ctx, account=account)
        return await found.handler(there, params)


def _event(
    ctx: Context,
    service: str,
    operation: Described,
    params: Mapping[str, Any],
    error: ApiError,
    why: Mapping[str, Any] | None,
) -> Event:
    return Event(
        request_id=ctx.request_id,
        event_id=ctx.ids.request_id(),
        now=ctx.clock.now(),
        service=service,
        operation=operation,
        region=ctx.region,
        account=ctx.account,
        principal=ctx.principal,
        address=AGENT,
        agent=AGENT,
        params=spelled(operation, params),
        error=(error.code, error.message),
        decision=why,
    )
