"""What roles really did, and from it the least policy that would do.

A pair of action and resource is written down the first time that it is allowed to a role, in the background; doing it
again costs a look into a set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Self

import msgspec

from lambent.policy.document import Policy
from lambent.store.base import Store

PAIRS_AT_MOST = 2000
"""What is remembered of one role; a role that did more than that needs a policy with wildcards."""

Pair = tuple[str, str]


class Usage:
    """Open it with `async with`. Records lie under `ACCOUNT/aws-global/iam/usage/ROLE`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], set[Pair]] = {}
        self._writing: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._writing:
            await asyncio.wait(self._writing.values())

    def note(self, account: str, role: str, action: str, resource: str) -> None:
        """A role was allowed something."""
        key = (account, role)
        known = self._known.setdefault(key, set())
        if (action, resource) in known or len(known) >= PAIRS_AT_MOST:
            return
        known.add((action, resource))
        if key not in self._writing:
            self._writing[key] = asyncio.create_task(self._write(key))

    async def of(self, account: str, role: str) -> list[Pair]:
        """Everything that a role was allowed so far, in order."""
        stored = await self._store.get(_key((account, role)))
        pairs = self._known.get((account, role), set())
        if stored is not None:
            pairs = pairs | set(msgspec.msgpack.decode(stored.value, type=list[Pair]))
        return sorted(pairs)

    async def _write(self, key: tuple[str, str]) -> None:
        try:
            stored = await self._store.get(_key(key))
            if stored is not None:
                self._known[key] |= set(msgspec.msgpack.decode(stored.value, type=list[Pair]))
            written = -1
            while written < len(self._known[key]):  # more may be noted while it is written
                written = len(self._known[key])
                await self._store.put(_key(key), msgspec.msgpack.encode(sorted(self._known[key])))
        finally:
            del self._writing[key]


def least_policy(used: Iterable[Pair]) -> dict[str, Any]:
    """A document that allows just what was used: a statement for each resource."""
    actions: dict[str, list[str]] = {}
    for action, resource in sorted(used):
        actions.setdefault(resource, []).append(action)
    resources: dict[tuple[str, ...], list[str]] = {}
    for resource, names in sorted(actions.items()):
        resources.setdefault(tuple(names), []).append(resource)
    statements = [
        {"Effect": "Allow", "Action": list(names), "Resource": found[0] if len(found) == 1 else found}
        for names, found in resources.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def unused(policies: Iterable[Policy], used: Iterable[Pair]) -> list[dict[str, str]]:
    """Allowing statements of a role's policies that nothing of what was used needed."""
    pairs = list(used)
    found = []
    for policy in policies:
        for statement in policy.statements:
            needed = any(
                statement.covers_action(action.lower()) and statement.covers_resource(resource, lambda key: None)
                for action, resource in pairs
            )
            if statement.allows and not needed:
                found.append({"Policy": policy.name, "Statement": statement.sid or str(statement.index + 1)})
    return found


def _key(key: tuple[str, str]) -> str:
    return f"{key[0]}/aws-global/iam/usage/{key[1].lower()}"
