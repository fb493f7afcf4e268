"""Many statements as one set: what may concern a request is found without holding every statement against it.

For each action that was asked for, its statements are sorted by how their resources begin; later requests look up a
literal resource, or the few beginnings there are. Sets are immutable but for these memories, which are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from lambent.policy.document import Policy, Statement
from lambent.policy.patterns import Lookup

_ACTIONS_REMEMBERED = 512


class Ground(msgspec.Struct, frozen=True):
    """The statement that decided, and the policy that it stands in."""

    policy: str
    statement: Statement


class PolicySet:
    """The policies of one kind that apply together."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._all = tuple(Ground(policy.name, each) for policy in policies for each in policy.statements)
        self._of = lru_cache(_ACTIONS_REMEMBERED)(self._sorted)

    def __len__(self) -> int:
        return len(self._all)

    def about(self, action: str, resource: str, lookup: Lookup) -> Iterator[Ground]:
        """The statements that speak of the action (in small letters) on the resource and whose conditions are met."""
        for ground in self._of(action).candidates(resource):
            statement = ground.statement
            if statement.covers_resource(resource, lookup) and statement.holds(lookup):
                yield ground

    def _sorted(self, action: str) -> _ByResource:
        return _ByResource(ground for ground in self._all if ground.statement.covers_action(action))


class _ByResource:
    """Statements about one action by the beginnings of their resources."""

    def __init__(self, grounds: Iterable[Ground]) -> None:
        self._anywhere: list[Ground] = []
        self._beginning: dict[str, list[Ground]] = {}
        self._exact: dict[str, list[Ground]] = {}
        for ground in grounds:
            self._file(ground)
        self._lengths = tuple(sorted({len(beginning) for beginning in self._beginning}))

    def candidates(self, resource: str) -> Iterator[Ground]:
        """What may speak of a resource; whether it does is still to be seen. A statement may come twice."""
        yield from self._anywhere
        yield from self._exact.get(resource, ())
        for length in self._lengths:
            yield from self._beginning.get(resource[:length], ())

    def _file(self, ground: Ground) -> None:
        globs = [template.glob for template in ground.statement.resources]
        if ground.statement.not_resources or not globs:
            self._anywhere.append(ground)
            return
        for glob in globs:
            if glob is None or not glob.prefix:
                self._anywhere.append(ground)
            elif glob.literal is not None:
                self._exact.setdefault(glob.literal, []).append(ground)
            else:
                self._beginning.setdefault(glob.prefix, []).append(ground)
