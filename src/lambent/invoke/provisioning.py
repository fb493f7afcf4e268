"""Provisioned concurrency: which environments are kept initialized for which version or alias. Pure; `pool` starts and
ends them.

A *target* is what was asked for a version's or an alias's ARN: a *share* for each version (two while an alias moves
traffic). An allocation hands nothing out before all of it is there, as on AWS. What it replaces serves until then:
one old environment ends for each new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambent.invoke.base import Provisioned
from lambent.invoke.base import ProvisionedStatus as Status
from lambent.invoke.members import Key, Member, Phase, Share, Target
from lambent.model.function import FunctionVersion

_WORTH = (Phase.IDLE, Phase.BUSY, Phase.HELD, Phase.STARTING)

INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
"""AWS's StatusReason when the function fails in its INIT."""


class Provisioning:
    """All targets. Its answers are for the pool: shares that want starts, members to open, members to end."""

    def __init__(self) -> None:
        self._targets: dict[str, Target] = {}

    def info(self, arn: str) -> Provisioned | None:
        """What is provisioned for this ARN, if anything."""
        return None if (target := self._targets.get(arn)) is None else target.info()

    def provision(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> tuple[list[Member], list[Member]]:
        """Keep so many environments of these versions for `arn`; none at all ends it.

        Environments that fit are taken over. Returns what is to be opened and what is to be ended now;
        `missing` says what has to be started.
        """
        leftover = self._dissolve(arn)
        if not shares:
            return [], leftover
        target = self._targets[arn] = Target(arn)
        for function, wanted in shares:
            share = Share(function, wanted, target)
            target.shares.append(share)
            for member in [each for each in leftover if each.version.key == share.key][:wanted]:
                leftover.remove(member)
                self.started(share, member)
                if member.phase is Phase.HELD:
                    target.held.append(member)
        if any(share.missing for share in target.shares):
            for member in [each for each in leftover if each.phase in (Phase.IDLE, Phase.BUSY)]:
                leftover.remove(member)
                member.share = target.shares[0]
                target.outgoing.append(member)
        opened, replaced = self._settle(target)
        return opened, leftover + replaced

    def _dissolve(self, arn: str) -> list[Member]:
        """End a target, if there is one; returns its environments, those that serve first, those that start last."""
        target = self._targets.pop(arn, None)
        if target is None:
            return []
        target.status = Status.FAILED  # no share of it wants anything any more
        members = [*target.outgoing, *(member for share in target.shares for member in share.members.values())]
        for member in members:
            member.share = None
        return sorted(members, key=lambda member: _WORTH.index(member.phase))

    def missing(self, arn: str) -> list[Share]:
        """The shares of `arn` that want starts, each as often as it wants."""
        target = self._targets.get(arn)
        return [] if target is None else [share for share in target.shares for _ in range(share.missing)]

    def started(self, share: Share, member: Member) -> None:
        """It is one of `share`'s from now on."""
        member.share = share
        share.members[member.number] = member

    def ready(self, member: Member, share: Share) -> tuple[list[Member], list[Member]]:
        """Its INIT has succeeded. Returns what is to be opened, itself perhaps, and what it replaces."""
        target = share.target
        replaced = [target.outgoing.popleft()] if target.outgoing else []
        for each in replaced:
            each.share = None
        if target.status is Status.READY:
            return [member], replaced
        target.held.append(member)
        opened, rest = self._settle(target)
        return opened, replaced + rest

    def gone(self, member: Member, share: Share) -> list[Share]:
        """It has ended. Returns the share if it wants another."""
        target = share.target
        if member in target.outgoing:
            target.outgoing.remove(member)
            return []
        was_member = share.members.pop(member.number, None) is not None
        if member in target.held:
            target.held.remove(member)
        return [share] if was_member and share.missing else []

    def failed(self, share: Share, reason: str, *, retried: bool) -> list[Member]:
        """A start has failed, and with it the allocation. Returns what is to be ended; what is open stays."""
        target = share.target
        target.status, target.reason, target.is_retried = Status.FAILED, reason, retried
        target.held.clear()
        ended: list[Member] = []
        for each in target.shares:
            ended += [member for member in each.members.values() if member.phase in (Phase.STARTING, Phase.HELD)]
            each.members = {number: member for number, member in each.members.items() if member not in ended}
        for member in ended:
            member.share = None
        return ended

    def retry(self) -> list[Share]:
        """Try again what the platform, not the function, had failed to do. Returns shares that want starts."""
        wishes: list[Share] = []
        for target in self._targets.values():
            if target.status is Status.FAILED and target.is_retried:
                target.status, target.reason = Status.IN_PROGRESS, None
                wishes += self.missing(target.arn)
        return wishes

    def recycle(self, old: Iterable[Member]) -> list[Share]:
        """Replace these by and by: they serve on until others are ready. Returns shares that want starts."""
        wishes: list[Share] = []
        for member in old:
            share = member.share
            if share is not None and share.members.pop(member.number, None) is not None:
                share.target.outgoing.append(member)
                wishes += [share] if share.missing else []
        return wishes

    def drop(self, key: Key) -> tuple[list[Member], list[Member]]:
        """No environment of this revision is wanted any more. Returns what is to be opened and what is to be ended."""
        opened: list[Member] = []
        ended: list[Member] = []
        for arn, target in list(self._targets.items()):
            if any(share.key == key for share in target.shares):
                others = [(share.function, share.wanted) for share in target.shares if share.key != key]
                some, more = self.provision(arn, others)
                opened += some
                ended += more
        return opened, ended

    def _settle(self, target: Target) -> tuple[list[Member], list[Member]]:
        """Open all that is held once the allocation is complete; whatever was to be replaced yet ends."""
        if target.status is not Status.IN_PROGRESS or not target.complete():
            return [], []
        target.status, target.reason = Status.READY, None
        opened, target.held = target.held, []
        replaced = list(target.outgoing)
        target.outgoing.clear()
        for member in replaced:
            member.share = None
        return opened, replaced
