"""No control groups: everything may be asked, nothing happens, and the reason is told."""

from __future__ import annotations

import pytest

from lambent.sandbox.cgroups.base import Limits
from lambent.sandbox.cgroups.none import NoGroups


def test_nothing_holds_and_that_is_said() -> None:
    groups = NoGroups("because")
    assert {(feature.works, feature.detail) for feature in groups.features()} == {(False, "because")}
    assert groups.sweep() == 0
    assert groups.thawing() is None
    groups.close()


def test_a_group_can_be_used_like_any_other() -> None:
    group = NoGroups("because").create("name", Limits(memory=1))
    assert group.open() == []
    for call in (group.freeze, group.thaw, group.kill):
        call()
    group.set_cpu(1.0)
    assert (group.usage().memory_peak, group.usage().cpu_ns, group.oom_kills(), group.memory()) == (0, 0, 0, 0)
    assert group.take_peak() == 0
    for ask in (group.cpu_times, group.members, group.tasks):
        with pytest.raises(OSError, match="there are no control groups"):
            ask()
    assert group.remove() is True
