"""What the pool is told and what it answers with. Values only: requests are tickets, environments are numbers.

Times (`now`) are seconds of a clock that may be moved, sizes are bytes.
"""

from __future__ import annotations

import msgspec

from lambent.invoke.admission import Refusal
from lambent.model.function import FunctionVersion


class Arrived(msgspec.Struct, frozen=True):
    """A request that was admitted wants an environment of `function`.

    With a `tenant` it wants one that serves nobody else ever, of which the function may have `most`, whoever's.
    """

    ticket: int
    function: FunctionVersion
    now: float
    tenant: str | None = None
    most: int | None = None


class Yielded(msgspec.Struct, frozen=True):
    """The start of the environment goes on, but waits for something else than a processor."""

    environment: int


class Ready(msgspec.Struct, frozen=True):
    """INIT is over: it can take a request. `failed`: the function failed in it, and a request would repeat it."""

    environment: int
    now: float
    failed: bool = False


class StartFailed(msgspec.Struct, frozen=True):
    """The platform could not start the environment (before or after `Yielded`); it is already gone."""

    environment: int
    error: Exception


class Freed(msgspec.Struct, frozen=True):
    """A request is done with the environment, which can take another."""

    environment: int
    now: float


class Withdrawn(msgspec.Struct, frozen=True):
    """An idle environment is being reset; `Freed` or `Lost` will follow. Nothing if it is not idle."""

    environment: int


class Lost(msgspec.Struct, frozen=True):
    """The environment must not be used again (its sandbox is gone); it still has to be killed."""

    environment: int


class Grew(msgspec.Struct, frozen=True):
    """The environment has needed this much memory, more than was known."""

    environment: int
    size: int


class Memory(msgspec.Struct, frozen=True):
    """What the host can still give without swapping, and what of it is never given to functions."""

    available: int
    reserve: int


class Retired(msgspec.Struct, frozen=True):
    """Only revision `keep` (None: none) of `arn`, a version's or a function's with all versions, is wanted."""

    arn: str
    keep: str | None


class Provision(msgspec.Struct, frozen=True):
    """Keep so many environments of these versions initialized for the ARN of a version or an alias; none: no more."""

    arn: str
    shares: tuple[tuple[FunctionVersion, int], ...]
    now: float


class Tick(msgspec.Struct, frozen=True):
    """Time has passed."""

    now: float


class Woken(msgspec.Struct, frozen=True):
    """The time of a `Wake` is over."""

    now: float


class Closed(msgspec.Struct, frozen=True):
    """The end: refuse what waits and what comes with `error`, kill the rest."""

    error: Exception


class Assign(msgspec.Struct, frozen=True):
    """Hand the environment to the request; `cold` if it was started for requests that waited, and this is its first."""

    ticket: int
    environment: int
    cold: bool = False


class Start(msgspec.Struct, frozen=True):
    """Make an environment under this new number; answer with `Ready` or `StartFailed`, perhaps `Yielded` before."""

    environment: int
    function: FunctionVersion
    provisioned: bool = False
    tenant: str | None = None


class Kill(msgspec.Struct, frozen=True):
    """End the environment; nothing more is to be said about it."""

    environment: int


class Refuse(msgspec.Struct, frozen=True):
    """The request gets no environment: a start failed with this error, or the pool is closed."""

    ticket: int
    error: Exception


class Throttle(msgspec.Struct, frozen=True):
    """The request gets no environment: there is none, and no more may be started now."""

    ticket: int
    refusal: Refusal


class Wake(msgspec.Struct, frozen=True):
    """Say `Woken` in so many seconds. One at a time is asked for."""

    seconds: float


Event = (
    Arrived
    | Yielded
    | Ready
    | StartFailed
    | Freed
    | Withdrawn
    | Lost
    | Grew
    | Memory
    | Retired
    | Provision
    | Tick
    | Woken
    | Closed
)
Action = Assign | Start | Kill | Refuse | Throttle | Wake
