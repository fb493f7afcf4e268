"""What an alarm does when it changes: tells topics and functions, until they were told or have refused."""

from __future__ import annotations

import logging

import msgspec

from lambent.context import Clock
from lambent.model.errors import ApiError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.neighbours.outbox import Outbox
from lambent.queue.base import Queue
from lambent.services.access import Place
from lambent.services.cloudwatch.alarm_shown import acted, actions, event, message
from lambent.services.cloudwatch.records import Alarm
from lambent.services.cloudwatch.repository import Repository

TO_TOPICS, TO_FUNCTIONS = "cloudwatch.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"
"""In whose names."""

RETRY_SECONDS = (1.0, 10.0, 60.0)
"""The pauses after what may pass; then it is given up."""

_LOG = logging.getLogger(__name__)


class _Told(msgspec.Struct, frozen=True):
    """One thing to tell: what changed, and to whom."""

    alarm: Alarm
    before: Alarm
    target: str


class AlarmActions:
    """`outbox` is the caller's to open and close."""

    def __init__(
        self, repository: Repository, neighbours: Neighbours, acting: Acting, queue: Queue, clock: Clock
    ) -> None:
        self._repository = repository
        self._neighbours = neighbours
        self._acting = acting
        self._clock = clock
        self.outbox = Outbox(queue, self._attempt, clock, places=32)

    async def changed(self, alarm: Alarm, before: Alarm) -> None:
        """An alarm has come to another state; what it then does is durable on return."""
        if alarm.settings.get("ActionsEnabled", True) and (targets := actions(alarm)):
            bodies = [msgspec.msgpack.encode(_Told(alarm, before, target)) for target in targets]
            await self.outbox.put(alarm.arn, bodies)

    async def _attempt(self, line: str, body: bytes, attempts: int, since: float) -> float | None:
        told = msgspec.msgpack.decode(body, type=_Told)
        failure: str | None = None
        try:
            await self._tell(told)
        except ApiError as error:
            passing = error.status is None or error.status >= 500 or error.status == 429
            if passing and attempts < len(RETRY_SECONDS):
                return self._clock.now() + RETRY_SECONDS[attempts]
            failure = f"{error.code}: {error.message}"
            _LOG.warning("the alarm %s could not tell %s: %s", told.alarm.arn, told.target, failure)
        await self._repository.remember(told.alarm, acted(self._clock.now(), told.target, failure))
        return None

    async def _tell(self, told: _Told) -> None:
        at = Place(told.target.split(":")[4], told.target.split(":")[3])
        if told.target.split(":")[2] == "sns":
            ctx = self._acting.as_service(TO_TOPICS, told.alarm.arn)
            subject, text = message(told.alarm, told.before.state)
            params = {"TopicArn": told.target, "Subject": subject, "Message": text}
            await self._neighbours.call(msgspec.structs.replace(ctx, region=at.region), "sns", "Publish", params)
            return
        ctx = self._acting.as_service(TO_FUNCTIONS, told.alarm.arn)
        params_of_function = {
            "FunctionName": told.target,
            "InvocationType": "Event",
            "Payload": event(told.alarm, told.before),
        }
        await self._neighbours.call(
            msgspec.structs.replace(ctx, region=at.region), "lambda", "Invoke", params_of_function
        )
