"""Which requests are traced: so many a second for certain, and a share of the others. Pure, but for the clock."""

from __future__ import annotations

from collections.abc import Callable

from lambent.context import Clock, Ids
from lambent.model.function import FunctionVersion

DEFAULT_RESERVOIR, DEFAULT_RATE = 1, 0.05
"""X-Ray's own: one request a second, and five per cent of the others."""

_REMEMBERED = 10_000


class Reservoir:
    """Counts within seconds."""

    __slots__ = ("_second", "_taken", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._second = 0
        self._taken = 0

    def take(self, now: float) -> bool:
        """Whether one more may be had in this second."""
        second = int(now)
        if second != self._second:
            self._second, self._taken = second, 0
        if self._taken >= self.size:
            return False
        self._taken += 1
        return True


class Sampler:
    """Decides for one kind of requests. `fraction` gives random numbers, 0 <= x < 1."""

    def __init__(self, reservoir: int, rate: float, now: Callable[[], float], fraction: Callable[[], float]) -> None:
        self._reservoir = Reservoir(reservoir)
        self._rate = rate
        self._now = now
        self._fraction = fraction

    def __call__(self) -> bool:
        """Whether this request is traced."""
        return self._reservoir.take(self._now()) or self._fraction() < self._rate


class FunctionSampling:
    """Lambda's own decision, for each actively traced function by itself; it cannot be configured, as on AWS."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._samplers: dict[str, Sampler] = {}

    def __call__(self, function: FunctionVersion) -> bool:
        """Whether a request to a function is traced."""
        key = f"{function.account}/{function.region}/{function.name}"
        sampler = self._samplers.get(key)
        if sampler is None:
            if len(self._samplers) >= _REMEMBERED:
                self._samplers.clear()
            sampler = Sampler(DEFAULT_RESERVOIR, DEFAULT_RATE, self._clock.now, self._ids.fraction)
            self._samplers[key] = sampler
        return sampler()
