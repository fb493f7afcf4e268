"""Which requests are traced."""

from __future__ import annotations

from lambent.observe.traces.sampling import FunctionSampling, Reservoir, Sampler
from tests.unit.invoke.conftest import make_function
from tests.unit.services.lambda_.conftest import CountedIds, StoppedClock


def test_so_many_a_second_for_certain() -> None:
    reservoir = Reservoir(2)
    assert [reservoir.take(at) for at in (1.0, 1.5, 1.9, 2.0)] == [True, True, False, True]
    assert not Reservoir(0).take(1.0)


def test_a_share_of_the_others() -> None:
    fractions = iter([0.04, 0.06, 0.0499])
    sampler = Sampler(1, 0.05, lambda: 1.0, lambda: next(fractions))
    assert [sampler() for _ in range(4)] == [True, True, False, True]


def test_each_function_by_itself() -> None:
    clock = StoppedClock()
    samples = FunctionSampling(clock, CountedIds())
    one, other = make_function(), make_function(name="g", arn="arn:aws:lambda:us-east-1:000000000000:function:g")
    assert [samples(one), samples(one), samples(other)] == [True, False, True]
    clock.at += 1
    assert samples(one)
