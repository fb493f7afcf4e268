"""From an operation's name to the code that carries it: the table that the gateway works from.

Made once by `app.py` from the services' own marks. What a served service does not carry, and what AWS has
and Lambent has not, is refused here by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import msgspec

from lambent.gateway.refusals import Refused, not_served
from lambent.services.access import Access
from lambent.services.operation import Operation
from lambent.wire.directory import directory
from lambent.wire.model import ServiceModel


class Service(msgspec.Struct, frozen=True):
    """A service that is served: its model, the operations that have code, and how its calls are judged."""

    model: ServiceModel
    operations: Mapping[str, Operation]
    access: Access

    def operation(self, name: str) -> Operation:
        """The code of an operation of the model. Raises Refused when there is none (yet)."""
        found = self.operations.get(name)
        if found is None:
            raise not_served(self.model.service, name)
        return found


class Services:
    """The services that are served, by every name under which a request may mean them."""

    def __init__(self, served: Iterable[Service]) -> None:
        self.all = tuple(served)
        self._by_signing_name: dict[str, list[Service]] = {}
        self._by_endpoint_prefix: dict[str, list[Service]] = {}
        self._by_target_prefix: dict[str, Service] = {}
        for service in self.all:
            model = service.model
            self._by_signing_name.setdefault(model.signing_name, []).append(service)
            self._by_endpoint_prefix.setdefault(model.endpoint_prefix, []).append(service)
            if model.target_prefix is not None:
                self._by_target_prefix[model.target_prefix] = service

    def signing_as(self, name: str) -> list[Service]:
        """Those whose requests are signed for `name`; several services may share a name."""
        return self._by_signing_name.get(name, [])

    def at_endpoint(self, prefix: str) -> list[Service]:
        """Those whose host names begin with `prefix`; several services may share one."""
        return self._by_endpoint_prefix.get(prefix, [])

    def targeted(self, prefix: str) -> Service | None:
        """The one whose `X-Amz-Target` begins with `prefix`."""
        return self._by_target_prefix.get(prefix)


async def unserved(name: str, operation: str | None) -> Refused | None:
    """The refusal of a service that AWS has under a signing name; None if AWS has none."""
    # The first look reads the head of every installed model: some tens of milliseconds.
    known = (await asyncio.to_thread(directory)).known(name)
    return not_served(known[0] if len(known) == 1 else name, operation) if known else None
