"""Which environments there are, of which versions, and which are idle in which order. `pool` has the rules."""

from __future__ import annotations

from collections import Counter

from lambent.invoke.members import Key, Member, Phase, Version
from lambent.model.function import FunctionVersion


class Population:
    """All environments and all versions that have one or a request.

    `tenanted`: how many environments of tenants a function (ARN) has.
    """

    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self.versions: dict[Key, Version] = {}
        self.tenanted: Counter[str] = Counter()
        self._idle: dict[int, Member] = {}
        self._last_number = 0

    def version(self, function: FunctionVersion, tenant: str | None = None) -> Version:
        """What is known of a revision (for a tenant); from now on, until it is empty."""
        key = (function.arn, function.revision_id, tenant)
        version = self.versions.get(key)
        if version is None:
            version = self.versions[key] = Version(key, function)
        return version

    def forget_if_empty(self, version: Version) -> None:
        """Remember nothing of a version that has no environment and no request."""
        if not version.population and not version.waiting and not version.postponed:
            self.versions.pop(version.key, None)

    def add(self, version: Version, *, provisioned: bool) -> Member:
        """A new environment, under a new number."""
        self._last_number += 1
        member = self.members[self._last_number] = Member(self._last_number, version, provisioned=provisioned)
        version.population += 1
        if version.tenant is not None:
            self.tenanted[version.function.function_arn] += 1
        return member

    def remove(self, member: Member) -> None:
        """It is no more."""
        if member.phase is Phase.IDLE:
            self.withdraw(member)
        del self.members[member.number]
        member.version.population -= 1
        if member.version.tenant is not None:
            self._tenant_left(member.version.function.function_arn)
        self.forget_if_empty(member.version)

    def _tenant_left(self, function_arn: str) -> None:
        self.tenanted[function_arn] -= 1
        if not self.tenanted[function_arn]:
            del self.tenanted[function_arn]

    def take(self, version: Version) -> Member | None:
        """Make one of its idle environments busy: a provisioned one first, and the one that was used last."""
        if version.spare:
            member = version.spare.pop()
        elif version.idle:
            member = version.idle.pop()
            del self._idle[member.number]
        else:
            return None
        member.phase = Phase.BUSY
        return member

    def rest(self, member: Member, now: float) -> None:
        """It is idle."""
        member.phase = Phase.IDLE
        member.idle_since = now
        if member.share is not None:
            member.version.spare.append(member)
        else:
            member.version.idle.append(member)
            self._idle[member.number] = member

    def withdraw(self, member: Member) -> None:
        """It is idle no more, but has no request."""
        if self._idle.pop(member.number, None) is not None:
            member.version.idle.remove(member)  # found at once where it matters: it is mostly the first
        else:
            member.version.spare.remove(member)
        member.phase = Phase.BUSY

    def idle(self) -> list[Member]:
        """All idle environments on demand, the least recently used first."""
        return list(self._idle.values())
