"""Sending: what a message may be, and putting it into the mailbox."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.services.operation import Params, Result, operation
from lambent.services.sqs import batches, checksums, errors, limits
from lambent.services.sqs.keys import DataKey, close
from lambent.services.sqs.post import PostOffice, box
from lambent.services.sqs.records import Attribute, Content, Letter, Queue

BODY_BYTES = 2 * limits.MESSAGE_BYTES
"""What a request to send may be long: JSON may double a message."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_TYPE = re.compile(r"(String|Number|Binary)(\..{1,249})?")
_TOKEN = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SEQUENCE_DIGITS = 20


class Sending:
    """SendMessage, SendMessageBatch."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post

    @operation("SendMessage", body_limit=BODY_BYTES)
    async def send(self, ctx: Context, params: Params) -> Result:
        """Put one message into a queue; it is durable when this returns."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        key = await self._post.keys.give(ctx, queue)
        letter, shown = self._letter(ctx, queue, params, key)
        (result,) = await self._put(ctx, queue, [(letter, shown)])
        return result

    @operation("SendMessageBatch", body_limit=BODY_BYTES)
    async def send_batch(self, ctx: Context, params: Params) -> Result:
        """Put up to ten messages into a queue; each succeeds or fails by itself."""
        queue = await self._post.queue(ctx, params["QueueUrl"])
        entries = params["Entries"]
        batches.check(entries, "SendMessageBatchRequestEntry")
        size = sum(_size(entry) for entry in entries)
        if size > limits.MESSAGE_BYTES:
            raise errors.batch_too_long(size, limits.MESSAGE_BYTES)
        key = await self._post.keys.give(ctx, queue)
        good: list[tuple[str, Letter, dict[str, Any]]] = []
        failed = []
        for entry in entries:
            try:
                good.append((entry["Id"], *self._letter(ctx, queue, entry, key)))
            except ApiError as error:
                failed.append(batches.failure(entry["Id"], error))
        results = await self._put(ctx, queue, [(letter, shown) for _, letter, shown in good]) if good else []
        done = [{"Id": each[0], **result} for each, result in zip(good, results, strict=True)]
        return batches.result(done, failed)

    def _letter(
        self, ctx: Context, queue: Queue, entry: Mapping[str, Any], key: DataKey | None
    ) -> tuple[Letter, dict[str, Any]]:
        """A message to be put, and what the sender is told of it. Raises ApiError."""
        body: str = entry["MessageBody"]
        given = entry.get("MessageAttributes") or {}
        _check_content(queue, body, given, entry)
        attributes = {name: _kept(attribute) for name, attribute in given.items()}
        now = ctx.clock.now()
        delay = entry.get("DelaySeconds")
        if queue.fifo and delay:
            raise errors.no_delay()
        if delay is not None and not 0 <= delay <= limits.DELAY_SECONDS:
            raise errors.invalid(
                f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )
        system = {"SenderId": _sender(ctx)}
        trace = (entry.get("MessageSystemAttributes") or {}).get("AWSTraceHeader")
        if trace is not None:
            _check_trace(trace)
            system["AWSTraceHeader"] = trace["StringValue"]
        elif ctx.trace_id is not None:
            system["AWSTraceHeader"] = ctx.trace_id
        message_id = ctx.ids.request_id()
        content = msgspec.msgpack.encode(Content(message_id, body, attributes, system))
        group, deduplication = _fifo(queue, body, entry)
        letter = Letter(
            content=self._post.sealed(queue, content) if key is None else close(content, message_id, queue, key),
            sent=now,
            visible_at=now + (queue.number("DelaySeconds") if delay is None else delay),
            expires=now + queue.number("MessageRetentionPeriod"),
            group=group,
            deduplication=deduplication,
            scope=(group or "") if queue.attributes.get("DeduplicationScope") == "messageGroup" else "",
        )
        shown: dict[str, Any] = {"MD5OfMessageBody": checksums.of_body(body), "MessageId": message_id}
        if attributes:
            shown["MD5OfMessageAttributes"] = checksums.of_attributes(attributes)
        if trace is not None:
            shown["MD5OfMessageSystemAttributes"] = checksums.of_attributes({"AWSTraceHeader": _kept(trace)})
        return letter, shown

    async def _put(
        self, ctx: Context, queue: Queue, letters: Sequence[tuple[Letter, dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        sent = await self._post.mailbox.put(
            box(queue), [letter for letter, _ in letters], remember_seconds=limits.DEDUPLICATION_SECONDS
        )
        self._post.arrived(box(queue))
        results = []
        for (letter, shown), kept in zip(letters, sent, strict=True):
            if kept.content != letter.content:  # a duplicate: the sender hears of the first one
                shown["MessageId"] = (await self._post.read(ctx, kept.content)).message_id
            if queue.fifo:
                shown["SequenceNumber"] = sequence(kept.number)
            results.append(shown)
        return results


def _kept(given: Mapping[str, Any]) -> Attribute:
    """An attribute as it is kept."""
    kind = given["DataType"]
    return (
        Attribute(kind, data=given["BinaryValue"])
        if kind.startswith("Binary")
        else Attribute(kind, given["StringValue"])
    )


def sequence(number: int) -> str:
    """A message's number as AWS spells sequence numbers."""
    return str(18_800_000_000_000_000_000 + number).zfill(_SEQUENCE_DIGITS)


def _size(entry: Mapping[str, Any]) -> int:
    """What a message counts: body, and names, types and values of its attributes."""
    total = len(entry["MessageBody"].encode())
    for name, attribute in (entry.get("MessageAttributes") or {}).items():
        total += len(name.encode()) + len(attribute.get("DataType", "").encode())
        value = attribute.get("BinaryValue", attribute.get("StringValue", ""))
        total += len(value if isinstance(value, bytes) else value.encode())
    return total


def _check_content(
    queue: Queue, body: str, attributes: Mapping[str, Mapping[str, Any]], entry: Mapping[str, Any]
) -> None:
    if not body:
        raise errors.missing("MessageBody")
    if _FORBIDDEN.search(body):
        raise errors.bad_characters()
    if len(attributes) > limits.ATTRIBUTES:
        raise errors.invalid(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{limits.ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        _check_attribute(name, attribute)
    most = queue.number("MaximumMessageSize")
    if _size(entry) > most:
        raise errors.too_long(most)


def _check_attribute(name: str, attribute: Mapping[str, Any]) -> None:
    lower = name.lower()
    if not _NAME.fullmatch(name) or lower.startswith(("aws.", "amazon.", ".")) or ".." in name or name.endswith("."):
        raise errors.invalid(f"Message (user) attribute name '{name}' is invalid.")
    kind = attribute.get("DataType", "")
    if not _TYPE.fullmatch(kind):
        raise errors.invalid(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported type"
            " prefixes: Binary, Number, String."
        )
    member = "BinaryValue" if kind.startswith("Binary") else "StringValue"
    value = attribute.get(member)
    if not value:
        raise errors.invalid(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind.partition('.')[0]}'."
        )
    if kind.startswith("Number") and not _NUMBER.fullmatch(str(value)):
        raise errors.invalid(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def _check_trace(trace: Mapping[str, Any]) -> None:
    if trace.get("DataType") != "String":
        raise errors.invalid("The type of message (system) attribute 'AWSTraceHeader' is invalid. You must use String.")
    if not trace.get("StringValue"):
        raise errors.invalid(
            "Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'."
        )


def _fifo(queue: Queue, body: str, entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Group and deduplication id. Standard queues take a group for fairness, and no deduplication."""
    group, deduplication = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication)):
        if value is not None and not _TOKEN.fullmatch(value):
            raise errors.invalid(
                f"Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and"
                " punctuation characters. 1 to 128 in length."
            )
    if not queue.fifo:
        if deduplication is not None:
            raise errors.fifo_only("MessageDeduplicationId")
        return group, None
    if group is None:
        raise errors.missing("MessageGroupId")
    if deduplication is None:
        if not queue.says("ContentBasedDeduplication"):
            raise errors.no_deduplication()
        deduplication = hashlib.sha256(body.encode()).hexdigest()
    return group, deduplication


def _sender(ctx: Context) -> str:
    principal = ctx.principal
    if principal.session is not None and principal.role is not None:
        return f"{principal.role}:{principal.session.name}"
    return principal.user or principal.service or principal.account
