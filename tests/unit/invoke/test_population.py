"""Who is idle, and who is taken first; whom tenants have; what is forgotten."""

from __future__ import annotations

from lambent.invoke.members import Phase, Share, Target
from lambent.invoke.population import Population


def test_a_provisioned_one_is_taken_first_then_the_one_used_last(function) -> None:
    population = Population()
    version = population.version(function())
    first, second, kept = (population.add(version, provisioned=False) for _ in range(3))
    kept.share = Share(version.function, 1, Target("arn"))
    for number, member in enumerate((kept, first, second)):
        population.rest(member, float(number))
    assert population.idle() == [first, second]
    taken = [population.take(version) for _ in range(4)]
    assert taken == [kept, second, first, None]
    assert {member.phase for member in (kept, first, second)} == {Phase.BUSY}
    assert population.idle() == []


def test_an_idle_one_that_goes_is_taken_by_nobody(function) -> None:
    population = Population()
    version = population.version(function())
    gone, left = (population.add(version, provisioned=False) for _ in range(2))
    for member in (gone, left):
        population.rest(member, 0.0)
    population.remove(gone)
    assert (population.idle(), population.take(version), population.take(version)) == ([left], left, None)


def test_a_version_is_forgotten_with_its_last_environment_unless_somebody_waits(function) -> None:
    population = Population()
    f = function()
    member = population.add(population.version(f), provisioned=False)
    population.version(f).waiting.append(1)
    population.remove(member)
    assert population.versions
    population.version(f).waiting.clear()
    population.forget_if_empty(population.version(f))
    assert not population.versions


def test_environments_of_tenants_are_counted_by_function(function) -> None:
    population = Population()
    f = function()
    ann, bob = (population.add(population.version(f, tenant), provisioned=False) for tenant in ("ann", "bob"))
    assert population.tenanted[f.function_arn] == 2
    assert population.take(population.version(f, "carl")) is None
    for member in (ann, bob):
        member.phase = Phase.BUSY
        population.remove(member)
    assert not population.tenanted
