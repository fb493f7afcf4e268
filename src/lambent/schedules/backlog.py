"""What of a schedule is overdue: all of it while the server runs, and what is worth it after it was down. Pure.

While the server runs every occurrence counts, however far its clock is moved. For what came due while it was down the
rule is: every occurrence of the last `age` seconds, for which AWS would still be trying it; of what is older only the
last one, if nothing younger is due. So what happens once is never lost.
"""

from __future__ import annotations

from collections.abc import Callable

Following = Callable[[float], float | None]
"""The first occurrence later than a time; None if there is none."""

Come = Callable[[float], bool]
"""Whether an occurrence is to be dealt with by now."""

AT_ONCE = 2000
"""Occurrences that are taken up together: more than a day has minutes."""


def overdue(following: Following, cursor: float, come: Come) -> list[float]:
    """The occurrences later than `cursor` that have come, in order: the first of them, if there are very many."""
    found: list[float] = []
    occurrence = following(cursor)
    while occurrence is not None and len(found) < AT_ONCE and come(occurrence):
        found.append(occurrence)
        occurrence = following(occurrence)
    return found


def missed(following: Following, cursor: float, come: Come, *, now: float, age: float) -> list[float]:
    """The occurrences later than `cursor` that a server deals with that has just come up."""
    horizon = now - age
    recent = overdue(following, max(cursor, horizon), come)
    if recent or cursor >= horizon:
        return recent
    back = age
    while True:
        start = max(cursor, horizon - back)
        if older := overdue(following, start, come):
            return older[-1:]
        if start == cursor:
            return []
        back *= 2
