from lambent.services.scheduler import limits
from lambent.wire.model import load


def test_limits_are_those_of_the_model() -> None:
    shape = load("scheduler").operations["CreateSchedule"].input
    assert shape is not None
    policy = shape.members["Target"].members["RetryPolicy"].members
    assert policy["MaximumRetryAttempts"].traits.max == limits.RETRIES
    assert policy["MaximumEventAgeInSeconds"].traits.max == limits.EVENT_AGE_SECONDS
