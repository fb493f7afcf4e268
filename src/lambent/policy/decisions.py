"""Decisions that were made before: those in which nothing had a say but who, what and by which policies.

A decision that looked at any condition key is made anew each time, and so is every refusal. Policies are immutable and
stand in the memory as themselves, so that whoever brings other ones is judged by them: nothing has to be forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

from lambent.policy.engine import Decision, Policies, Question, decide
from lambent.policy.index import PolicySet
from lambent.policy.patterns import Lookup
from lambent.policy.principals import Caller

REMEMBERED = 4096
RESOURCE_CHARACTERS = 512
"""Decisions about longer resources are not remembered: callers choose them."""

STATEMENTS = 20_000
"""So many statements may stand in the policies that decisions hold fast: those of policies that are no more, too."""

_Sets = tuple[PolicySet | None, PolicySet | None, PolicySet | None, PolicySet | None]
_Case = tuple[Caller, str, str, str, _Sets, bool]


class Decisions:
    """A memory of what was allowed."""

    def __init__(self) -> None:
        self._allowed: dict[_Case, Decision] = {}
        self._held: set[PolicySet] = set()
        self._statements = 0

    def decide(self, question: Question, policies: Policies) -> Decision:
        """What `engine.decide` says."""
        sets = (policies.identity, policies.resource, policies.boundary, policies.session)
        case = (question.caller, question.action, question.resource, question.account, sets, policies.resource_decides)
        known = self._allowed.get(case)
        if known is not None:
            return known
        watched = _Watched(question.lookup)
        asked = Question(question.caller, question.action, question.resource, question.account, watched)
        decision = decide(asked, policies)
        if decision.allowed and not watched.used and len(question.resource) <= RESOURCE_CHARACTERS:
            self._hold(sets)
            self._allowed[case] = decision
        return decision

    def _hold(self, sets: _Sets) -> None:
        """Make room for a decision by these policies."""
        if len(self._allowed) >= REMEMBERED or self._statements > STATEMENTS:
            self._allowed.clear()
            self._held.clear()
            self._statements = 0
        for each in sets:
            if each is not None and each not in self._held:
                self._held.add(each)
                self._statements += len(each)


class _Watched:
    """A lookup that notes whether it was used."""

    __slots__ = ("_lookup", "used")

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.used = False

    def __call__(self, key: str) -> Sequence[str] | None:
        self.used = True
        return self._lookup(key)
