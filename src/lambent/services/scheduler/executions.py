"""What is due, at its target: called in the schedule's role, again after a failure, and at last a dead letter.

At least once: an execution that was under way when the server died is called again. One that was only just taken up is
not doubled: its second copy is told by its id (`doubtful`), and dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable

from lambent.context import Clock, Context
from lambent.model.errors import ApiError, PlatformError
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.services.scheduler import errors, targets
from lambent.services.scheduler.access import SERVICE, Trusts
from lambent.services.scheduler.repository import Repository, key_of_arn
from lambent.services.scheduler.waiting import DeadLetter, Execution, closed, opened
from lambent.store.base import Conflict
from lambent.store.seal import Seal

AsRole = Callable[[str, str, str], Context]
"""(role's ARN, session name, region) -> in whose name to call."""

Put = Callable[[str, list[bytes]], Awaitable[None]]
"""(line, bodies): durable when it returns."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 480.0
"""Each pause is twice the one before, so that 185 attempts take about a day."""

LETTER_SECONDS = (1.0, 10.0, 60.0)
"""After how long a dead letter that could not be sent is tried again; then it is dropped."""

_PASSING = frozenset({"ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "RequestThrottled"})
_MESSAGE_BYTES = 1024
_LOG = logging.getLogger(__name__)


class Executions:
    """The outbox's attempts. `waits` holds an execution back until its schedule has been written on.

    `trusts` None: every role will do (no authentication).
    """

    def __init__(
        self,
        repository: Repository,
        neighbours: Neighbours,
        as_role: AsRole,
        trusts: Trusts | None,
        seal: Seal,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._neighbours = neighbours
        self._as_role = as_role
        self._trusts = trusts
        self._seal = seal
        self._clock = clock
        self._doubtful: dict[str, str | None] = {}
        self._put: Put | None = None
        self.waits: Callable[[str], Awaitable[None]] | None = None

    def open_to(self, put: Put) -> None:
        """Where dead letters are put: into the same outbox, which is made after this."""
        self._put = put

    def doubt(self, ids: Iterable[str]) -> None:
        """Of these there may be two copies: the first that comes is executed."""
        self._doubtful |= dict.fromkeys(ids)

    async def attempt(self, line: str, body: bytes, before: int, since: float) -> float | None:
        """See `neighbours.outbox.Attempt`."""
        waiting = opened(self._seal, body)
        if isinstance(waiting, DeadLetter):
            return await self._send(waiting, before)
        if self.waits is not None:
            await self.waits(line)
        if waiting.id in self._doubtful:
            first = self._doubtful[waiting.id] or waiting.copy
            self._doubtful[waiting.id] = first
            if first != waiting.copy:
                return None
        return await self._execute(line, waiting, before, since)

    async def _execute(self, line: str, execution: Execution, before: int, since: float) -> float | None:
        error = await self._called(execution, before + 1)
        if error is not None:
            policy = execution.target["RetryPolicy"]
            again = self._clock.now() + min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(before, 30))
            why = ""
            if _passes(error):
                if before < policy["MaximumRetryAttempts"]:
                    if again <= since + policy["MaximumEventAgeInSeconds"]:
                        return again
                    why = "MaximumEventAgeInSeconds"
                else:
                    why = "MaximumRetryAttempts"
            _LOG.warning("%s could not call %s: %s", execution.arn, execution.target["Arn"], error)
            await self._bury(line, execution, before, error, why)
        if execution.completes:
            await self._complete(execution)
        return None

    async def _called(self, execution: Execution, attempt: int) -> ApiError | None:
        """Call the target; why that failed, if it did."""
        try:
            await self._call(execution, attempt)
        except ApiError as error:
            return error
        except PlatformError as error:
            _LOG.error("%s could not call %s: %s", execution.arn, execution.target["Arn"], error)
            return errors.platform_failed()
        return None

    async def _call(self, execution: Execution, attempt: int) -> None:
        target = execution.target
        arn: str = target["Arn"]
        ctx = await self._in_role(target["RoleArn"], execution.id, execution.arn.split(":")[3])
        if not arn.startswith(targets.UNIVERSAL):
            await deliver(self._neighbours, ctx, arn, targets.parcel(execution, attempt))
            return
        service, operation, params = targets.call(arn, targets.carried(execution, attempt))
        await self._neighbours.call(ctx, service, operation.name, params)

    async def _bury(self, line: str, execution: Execution, before: int, error: ApiError, why: str) -> None:
        queue = (execution.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue or self._put is None:
            return
        told = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message.encode()[:_MESSAGE_BYTES].decode(errors="ignore") or error.code,
            "EXECUTION_ID": execution.id,
            "EXHAUSTED_RETRY_CONDITION": why,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(before),
            "SCHEDULED_TIME": targets.stamp(execution.occurrence),
            "SCHEDULE_ARN": execution.arn,
            "TARGET_ARN": execution.target["Arn"],
        }
        letter = DeadLetter(
            queue=queue,
            role=execution.target["RoleArn"],
            body=targets.carried(execution, before + 1).encode(),
            attributes={name: ("String", value) for name, value in told.items() if value},
        )
        await self._put(line, [closed(self._seal, letter)])

    async def _send(self, letter: DeadLetter, before: int) -> float | None:
        try:
            ctx = await self._in_role(letter.role, "dead-letter", letter.queue.split(":")[3])
            await deliver(self._neighbours, ctx, letter.queue, Parcel(letter.body, letter.attributes))
        except ApiError as error:
            _LOG.warning("a dead letter could not be sent to %s: %s", letter.queue, error)
            if _passes(error) and before < len(LETTER_SECONDS):
                return self._clock.now() + LETTER_SECONDS[before]
        return None

    async def _in_role(self, role: str, session: str, region: str) -> Context:
        """In the name of a role that (still) trusts the Scheduler. Raises ApiError."""
        if self._trusts is not None and not await self._trusts(role, SERVICE):
            raise errors.role_not_assumable()
        return self._as_role(role, session, region)

    async def _complete(self, execution: Execution) -> None:
        """Delete the schedule, unless it has become another one."""
        kept = await self._repository.at(key_of_arn(execution.arn))
        if kept is None or kept.schedule.serial != execution.serial:
            return
        try:
            await self._repository.drop_kept(kept)
        except Conflict:
            _LOG.info("%s was changed when it was complete, and stays", execution.arn)


def _passes(error: ApiError) -> bool:
    """Whether trying again may help: not if the caller is at fault."""
    status = error.status or 400
    return status >= 500 or status in (408, 429) or error.code in _PASSING or "Throttl" in error.code
