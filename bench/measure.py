"""How things are compared: in short windows, alternating between the contestants, the least disturbed window counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.cpu import cpu_ns
from bench.load import Address, Drivers


@dataclass(frozen=True)
class Contestant:
    """A running server: where it listens, the request to send, and which processes do its work.

    `server` are the processes that speak HTTP; `behind` those that run the function.
    """

    name: str
    address: Address
    request: bytes
    server: Sequence[int]
    behind: Callable[[], Sequence[int]] = lambda: ()


@dataclass
class Windows:
    """What one contestant did in each window: microseconds of CPU per request, and requests per second."""

    server_us: list[float] = field(default_factory=list)
    all_us: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)


def compare(contestants: Sequence[Contestant], *, connections: int, windows: int, seconds: float) -> dict[str, Windows]:
    """Drive each contestant in turn, `windows` times, with `connections` callers for `seconds` a window."""
    drivers = {c.name: Drivers(c.address, c.request, connections) for c in contestants}
    taken = {c.name: Windows() for c in contestants}
    for contestant in contestants:  # connections accepted, caches filled, environments started
        drivers[contestant.name].run(seconds)
    for _ in range(windows):
        for contestant in contestants:
            _window(contestant, drivers[contestant.name], seconds, taken[contestant.name])
    for driver in drivers.values():
        driver.close()
    return taken


def _window(contestant: Contestant, driver: Drivers, seconds: float, into: Windows) -> None:
    behind = contestant.behind()
    server_before, behind_before = _sum(contestant.server), _sum(behind)
    replies, took = driver.run(seconds)
    server = _sum(contestant.server) - server_before
    into.server_us.append(server / replies / 1000)
    into.all_us.append((server + _sum(behind) - behind_before) / replies / 1000)
    into.per_second.append(replies / took)


def _sum(pids: Sequence[int]) -> int:
    return sum(cpu_ns(pid) for pid in pids)
