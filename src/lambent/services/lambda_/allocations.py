"""From what is provisioned for versions and aliases to what the data plane keeps initialized.

An alias's share moves with it: whoever changes an alias, or makes a version Active, tells. What was asked for is
the repository's, how it stands the data plane's; nothing is stored here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lambent.invoke.base import Invoker, Provisioned, ProvisionedStatus
from lambent.model.function import LATEST, FunctionVersion, State
from lambent.services.lambda_.managed import Managed
from lambent.services.lambda_.names import Place, function_arn
from lambent.services.lambda_.provisioned_repository import Provision, ProvisionedRepository
from lambent.services.lambda_.repository import Alias, Repository, is_version

_LOG = logging.getLogger(__name__)

_NO_ROOM = "The account's or the function's concurrency has become too small for it."

Shares = Sequence[tuple[FunctionVersion, int]]


class Allocations:
    """See the module."""

    def __init__(
        self, repository: Repository, provisions: ProvisionedRepository, managed: Managed, invoker: Invoker
    ) -> None:
        self.provisions = provisions
        self._repository = repository
        self.managed = managed
        self._invoker = invoker
        self._refused: set[str] = set()

    def allot(self, at: Place, provision: Provision, shares: Shares) -> None:
        """Have these environments kept. Raises ValueError if there is no room for them."""
        arn = function_arn(at, provision.name, provision.qualifier)
        self._invoker.provision(arn, [(version, count) for version, count in shares if count])
        self._refused.discard(arn)

    async def renew(self, at: Place, provision: Provision) -> None:
        """Have kept what is asked for, of the versions that it is for now; all must be Active: else one will be."""
        shares = await self.shares(at, provision)
        if not all(version.state is State.ACTIVE for version, _ in shares):
            return
        try:
            self.allot(at, provision, shares)
        except ValueError as error:
            arn = function_arn(at, provision.name, provision.qualifier)
            self._refused.add(arn)
            _LOG.warning("nothing is provisioned for %s: %s", arn, error)

    async def settled(self, version: FunctionVersion) -> None:
        """A version can run as it is now: other revisions of it end, and what is provisioned for it is kept."""
        await self.managed.keep(version)
        self._invoker.retire(version.arn, version.revision_id)
        if version.version == LATEST:
            return
        for provision in await self.provisions.every_provision(version, version.name):
            if version.version in await self._routes(version, provision):
                await self.renew(version, provision)

    def end(self, at: Place, name: str, qualifier: str) -> None:
        """Keep nothing any more."""
        arn = function_arn(at, name, qualifier)
        self._refused.discard(arn)
        self._invoker.provision(arn, ())

    async def shares(self, at: Place, provision: Provision) -> Shares:
        """How many environments of which versions are meant; of a weighted alias perhaps none of one."""
        routes = await self._routes(at, provision)
        versions = [await self._repository.version(at, provision.name, number) for number in routes]
        counts = routes.values()
        return [(version, count) for version, count in zip(versions, counts, strict=True) if version is not None]

    def status(self, at: Place, provision: Provision) -> Provisioned:
        """How it stands."""
        arn = function_arn(at, provision.name, provision.qualifier)
        if arn in self._refused:
            return Provisioned(provision.wanted, 0, 0, ProvisionedStatus.FAILED, _NO_ROOM)
        waiting = Provisioned(provision.wanted, 0, 0, ProvisionedStatus.IN_PROGRESS)
        return self._invoker.provisioned(arn) or waiting

    async def _routes(self, at: Place, provision: Provision) -> dict[str, int]:
        if is_version(provision.qualifier):
            return {provision.qualifier: provision.wanted}
        alias = await self._repository.alias(at, provision.name, provision.qualifier)
        return {} if alias is None else split(alias, provision.wanted)


def split(alias: Alias, wanted: int) -> dict[str, int]:
    """How many environments each version of an alias gets: as many as its share of the invocations."""
    shares = {version: round(wanted * weight) for version, weight in alias.weights.items()}
    return {alias.version: wanted - sum(shares.values()), **shares}
