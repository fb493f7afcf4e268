"""Where subscribed events go: to functions, served here or elsewhere, and to Kinesis streams at the endpoint that
`AWS_ENDPOINT_URL_KINESIS` names. `deliveries` says when and how often."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.neighbours.delivery import Parcel, deliver
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.services.logs import errors
from lambent.services.logs.names import event_id, group_arn
from lambent.services.logs.records import Subscription

SERVICE = "logs.amazonaws.com"

Trusts = Callable[[str, str], Awaitable[bool]]
"""Whether a role (by ARN) exists and lets a service assume it."""

_STREAM = re.compile(r"arn:aws:kinesis:[a-z0-9-]+:\d{12}:stream/[a-zA-Z0-9_.-]+")
_KEY = 256
"""Characters that a partition key may have."""

_HEALTH = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."


class Destinations:
    """`trusts` None: every role will do (no authentication)."""

    def __init__(self, neighbours: Neighbours, acting: Acting, trusts: Trusts | None) -> None:
        self._neighbours = neighbours
        self._acting = acting
        self._trusts = trusts

    async def check(self, group: Group, subscription: Subscription, now_ms: int) -> None:
        """Try a destination: a function is asked for leave, a stream gets a message. Raises ApiError."""
        destination, role = subscription.destination, subscription.role
        if destination.startswith("arn:aws:lambda:"):
            if role:
                raise errors.role_for_function()
            params = {"FunctionName": destination, "InvocationType": "DryRun"}
            try:
                await self._neighbours.call(self._as_service(group), "lambda", "Invoke", params)
            except ApiError:
                raise errors.not_executed() from None
        elif _STREAM.fullmatch(destination):
            if not role:
                raise errors.role_missing()
            if self._trusts is not None and not await self._trusts(role, SERVICE):
                raise errors.role_not_assumable(role)
            event = {"id": "", "timestamp": now_ms, "message": _HEALTH}
            try:
                await self._to_stream(subscription, _HEALTH, _packed("CONTROL_MESSAGE", "CloudwatchLogs", [event]))
            except ApiError as error:
                raise errors.not_tested(error.message) from None
        else:
            why = "events are sent to Lambda functions and Kinesis streams only"
            raise errors.unsupported(f"destinationArn {destination}", why)

    async def send(
        self, group: Group, subscription: Subscription, stream: str, events: Sequence[Found], spread: str
    ) -> None:
        """One parcel of events; `spread` is a random text. Raises ApiError, PlatformError."""
        packed = payload(group, stream, subscription.name, events)
        if not subscription.role:
            body = msgspec.json.encode({"awslogs": {"data": b64encode(packed).decode()}})
            await deliver(self._neighbours, self._as_service(group), subscription.destination, Parcel(body))
            return
        if self._trusts is not None and not await self._trusts(subscription.role, SERVICE):
            raise errors.role_not_assumable(subscription.role)
        await self._to_stream(subscription, spread if subscription.distribution == "Random" else stream, packed)

    async def _to_stream(self, subscription: Subscription, key: str, data: bytes) -> None:
        region = subscription.destination.split(":")[3]
        ctx = self._acting.as_role(subscription.role, "CloudWatchLogs", region)
        await deliver(self._neighbours, ctx, subscription.destination, Parcel(data, key=key[:_KEY]))

    def _as_service(self, group: Group) -> Context:
        return self._acting.as_service(SERVICE, f"{group_arn(group)}:*")


def payload(group: Group, stream: str, name: str, events: Sequence[Found]) -> bytes:
    """Events of a stream as subscribers get them, packed."""
    told = [{"id": event_id(each), "timestamp": each.timestamp_ms, "message": each.message} for each in events]
    return _packed("DATA_MESSAGE", group.account, told, group=group.name, stream=stream, filters=[name])


def _packed(
    kind: str,
    owner: str,
    events: Sequence[dict[str, Any]],
    *,
    group: str = "",
    stream: str = "",
    filters: Sequence[str] = (),
) -> bytes:
    data = {
        "messageType": kind,
        "owner": owner,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": filters,
        "logEvents": events,
    }
    return gzip.compress(msgspec.json.encode(data), mtime=0)
