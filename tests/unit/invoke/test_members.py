"""What the pool remembers of an environment and its version."""

from __future__ import annotations

from lambent.invoke.members import FOOTPRINT_BYTES, Member, Version

MIB = 1024 * 1024


def test_a_small_function_cannot_need_more_than_its_limit(function) -> None:
    assert Version(("arn", "r"), function(memory_mb=128)).footprint == FOOTPRINT_BYTES
    assert Version(("arn", "r"), function(memory_mb=32)).footprint == 32 * MIB


def test_age_counts_from_the_end_of_init(function) -> None:
    member = Member(1, Version(("arn", "r"), function()))
    assert not member.older_than(0, 1e9)
    member.born = 10.0
    assert not member.older_than(5, 14.9)
    assert member.older_than(5, 15.0)
