"""When a delivery that failed is tried again: the four phases of SNS's retry policies. Pure."""

from __future__ import annotations

from enum import Enum

import msgspec


class Backoff(Enum):
    """How pauses grow from the least to the most."""

    LINEAR = "linear"
    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"
    EXPONENTIAL = "exponential"


class Retries(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A retry policy, pauses in seconds: `num_no_delay_retries` at once, `num_min_delay_retries` with the least pause,
    then growing ones, at last `num_max_delay_retries` with the longest; `num_retries` altogether."""

    min_delay_target: int = 20
    max_delay_target: int = 20
    num_retries: int = 3
    num_max_delay_retries: int = 0
    num_no_delay_retries: int = 0
    num_min_delay_retries: int = 0
    backoff_function: Backoff = Backoff.LINEAR

    @property
    def growing(self) -> int:
        """How many pauses grow."""
        return self.num_retries - self.num_no_delay_retries - self.num_min_delay_retries - self.num_max_delay_retries

    def delay(self, failures: int) -> float | None:
        """The pause after so many failed attempts (1: the first has failed); None if there is no other attempt."""
        number = failures - 1 - self.num_no_delay_retries
        if failures > self.num_retries:
            return None
        if number < 0:
            return 0.0
        if number < self.num_min_delay_retries:
            return float(self.min_delay_target)
        number -= self.num_min_delay_retries
        if number < self.growing:
            return self._grown(number)
        return float(self.max_delay_target)

    @property
    def total(self) -> float:
        """How long all pauses take together."""
        return sum(self.delay(failures) or 0.0 for failures in range(1, self.num_retries + 1))

    def _grown(self, number: int) -> float:
        """The growing pause of a number, counted from 0: the first is the least, the last the longest."""
        least, most, last = self.min_delay_target, self.max_delay_target, self.growing - 1
        if not last:
            return float(least)
        match self.backoff_function:
            case Backoff.LINEAR:
                share = number / last
            case Backoff.ARITHMETIC:
                share = number * (number + 1) / (last * (last + 1))
            case Backoff.EXPONENTIAL:
                share = (2.0**number - 1) / (2.0**last - 1)
            case Backoff.GEOMETRIC:
                return float(least * (most / least) ** (number / last))
        return least + (most - least) * share


MANAGED = Retries(
    min_delay_target=1,
    max_delay_target=20,
    num_retries=100_015,
    num_no_delay_retries=3,
    num_min_delay_retries=2,
    num_max_delay_retries=100_000,
    backoff_function=Backoff.EXPONENTIAL,
)
"""Functions and queues: for 23 days."""

ADDRESSED = Retries()
"""HTTP(S) endpoints, unless a delivery policy says otherwise."""
