"""What a durable execution is made of: itself, its operations and its history. Frozen, as stored.

Times are seconds since the epoch. Errors are AWS's `ErrorObject`: `ErrorMessage`, `ErrorType`,
`ErrorData`, `StackTrace`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

Fault = dict[str, Any]
"""An `ErrorObject`."""


class Status(StrEnum):
    """Where an execution stands."""

    RUNNING = "RUNNING"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"
    DELETING = "DELETING"


ENDED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.STOPPED})
"""From these an execution goes nowhere but away."""


class Kind(StrEnum):
    """What an operation is."""

    EXECUTION = "EXECUTION"
    CONTEXT = "CONTEXT"
    STEP = "STEP"
    WAIT = "WAIT"
    CALLBACK = "CALLBACK"
    CHAINED_INVOKE = "CHAINED_INVOKE"


class Action(StrEnum):
    """What a checkpoint does to an operation."""

    START = "START"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"
    RETRY = "RETRY"
    CANCEL = "CANCEL"


class OperationStatus(StrEnum):
    """Where an operation stands. PENDING waits for its next attempt, READY may make it."""

    STARTED = "STARTED"
    PENDING = "PENDING"
    READY = "READY"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


OPEN = frozenset({OperationStatus.STARTED, OperationStatus.PENDING, OperationStatus.READY})


class Operation(msgspec.Struct, frozen=True):
    """One operation of an execution; the first is of the kind EXECUTION, has the
    execution's own id (by which SDKs find it) and holds the input.

    `number` is its place in the order of starting, `touched` the change of the execution that changed it last. `due`
    is when a wait ends, the next attempt may begin, or a callback is given up; `heartbeat_due` when one is given up
    that is not heard of every `heartbeat` seconds. `target` and `tenant` are of chained invocations.
    """

    number: int
    id: str
    kind: Kind
    status: OperationStatus
    started: float
    parent: str = ""
    name: str = ""
    sub_type: str = ""
    ended: float | None = None
    touched: int = 0
    input: str | None = None
    result: str | None = None
    error: Fault | None = None
    attempt: int = 0
    due: float | None = None
    seconds: int = 0
    heartbeat: int = 0
    heartbeat_due: float | None = None
    replay_children: bool = False
    callback_id: str = ""
    target: str = ""
    tenant: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can still change."""
        return self.status in OPEN


class Event(msgspec.Struct, frozen=True):
    """One event of the history; `details` as the member `<type>Details` of AWS's shape has them."""

    number: int
    type: str
    at: float
    details: dict[str, Any]
    id: str = ""
    name: str = ""
    parent: str = ""
    sub_type: str = ""


class Output(msgspec.Struct, frozen=True):
    """How an execution ended."""

    result: str | None = None
    error: Fault | None = None


class Pause(msgspec.Struct, frozen=True):
    """A pause that was asked for. `left`: how many seconds of its time the execution has left, None if time goes on."""

    asked: float
    reason: str | None = None
    left: float | None = None


class Checkpoint(msgspec.Struct, frozen=True):
    """The last checkpoint, to answer once more if its request comes again: operations that it told, by id."""

    client_token: str
    token: str
    next_token: str
    told: tuple[str, ...]


class Execution(msgspec.Struct, frozen=True):
    """A durable execution, without its operations.

    `id` begins with the time of its start, so that ids sort by it. `digest` is the input's SHA-256. `deadline` is when
    it times out. `invocation` is the id of the invocation that may checkpoint, empty if there is none, and `sequence`
    counts its tokens. `changes` counts changes of operations, `seen` those that the function knows of. `owed`: the
    function is to be invoked, not before `retry_at`, or is running. `resumed_by` and `paused_by` are client tokens.
    `wake` is when there is something to do by itself; `invokes`: it waits for chained invocations. With a `kms_key`
    (an ARN) its operations, events and output are sealed under `data_key`, which that key of KMS opens.
    """

    account: str
    region: str
    function: str
    version: str
    name: str
    id: str
    invoked_arn: str
    started: float
    deadline: float
    timeout_seconds: int
    retention_days: int
    digest: str
    is_async: bool = False
    status: Status = Status.RUNNING
    ended: float | None = None
    invocation: str = ""
    sequence: int = 0
    operations: int = 0
    events: int = 0
    changes: int = 0
    seen: int = 0
    owed: bool = True
    failures: int = 0
    retry_at: float | None = None
    pause: Pause | None = None
    paused_by: str = ""
    resumed_by: str = ""
    last: Checkpoint | None = None
    client_context: str | None = None
    tenant_id: str | None = None
    trace_id: str | None = None
    lineage: str | None = None
    wake: float = 0.0
    invokes: bool = False
    kms_key: str = ""
    data_key: bytes = b""

    @property
    def function_arn(self) -> str:
        """The ARN of the version that it runs."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.function}:{self.version}"

    @property
    def arn(self) -> str:
        """The execution's own ARN."""
        return f"{self.function_arn}/durable-execution/{self.name}/{self.id}"

    @property
    def has_ended(self) -> bool:
        """Whether it is over, and perhaps being deleted."""
        return self.status in ENDED or self.status is Status.DELETING


class Ref(msgspec.Struct, frozen=True):
    """Which execution is meant: itself a Place."""

    account: str
    region: str
    function: str
    id: str


def ref(execution: Execution) -> Ref:
    """The execution, without what it is."""
    return Ref(execution.account, execution.region, execution.function, execution.id)
