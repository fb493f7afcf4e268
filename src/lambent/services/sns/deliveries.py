"""One attempt to deliver one message to one subscription, or to its dead-letter queue; and what came of it."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from lambent.context import Context
from lambent.http.client import Answer, ClientError, HttpClient
from lambent.model.errors import ApiError, PlatformError
from lambent.neighbours.acting import Acting
from lambent.neighbours.base import Neighbours
from lambent.services.sns import limits, render
from lambent.services.sns.audience import Member
from lambent.services.sns.records import Confirmation, Notice, Topic
from lambent.services.sns.signing import CONFIRMATION, NOTIFICATION, Signer

PRINCIPAL = "sns.amazonaws.com"
"""As whom functions and queues are called, for the topic."""

AGENT = "Amazon Simple Notification Service Agent"
_LOG = logging.getLogger(__name__)
_BUSY = ("Throttl", "TooManyRequests", "OverLimit", "RequestLimitExceeded")


class Outcome(Enum):
    """What came of an attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """For good: the endpoint is gone, or says no. There is no other attempt."""
    FAILED = "failed"
    """For now."""


class Work:
    """A message that is being delivered to many: what they share is made once."""

    def __init__(self, topic: Topic, notice: Notice, packed: bytes, signer: Signer) -> None:
        self.topic = topic
        self.notice = notice
        self.packed = packed
        self._signer = signer
        self._signatures: dict[str, Mapping[str, str]] = {}
        self._envelopes: dict[str, tuple[str, str]] = {}

    async def signature(self, text: str) -> Mapping[str, str]:
        """The signature of a text of the message; messages of FIFO topics have none."""
        known = self._signatures.get(text)
        if known is None:
            version = self.topic.attributes.get("SignatureVersion", "1")
            fields = render.signed_fields(self.notice, text)
            known = {} if self.topic.fifo else await self._signer.signed(fields, NOTIFICATION, version)
            self._signatures[text] = known
        return known

    async def envelope(self, text: str, unsubscribe: str) -> str:
        """The notification of a text of the message, for the subscriber whose link this is."""
        known = self._envelopes.get(text)
        if known is None:
            known = self._envelopes[text] = render.envelope(self.notice, text, await self.signature(text))
        return unsubscribe.join(known)


class Deliveries:
    """Delivers. `address` is the server's, for the links in messages."""

    def __init__(self, neighbours: Neighbours, acting: Acting, http: HttpClient, signer: Signer, address: str) -> None:
        self._neighbours = neighbours
        self._acting = acting
        self._http = http
        self._signer = signer
        self._address = address

    def work(self, topic: Topic, notice: Notice, packed: bytes) -> Work:
        """A message that is to be delivered; `packed` is how it is put away meanwhile."""
        return Work(topic, notice, packed, self._signer)

    async def deliver(self, work: Work, member: Member) -> Outcome:
        """One attempt."""
        match member.subscription.protocol:
            case "lambda":
                return await self._to_function(work, member)
            case "sqs":
                return await self._to_queue(work, member, member.subscription.endpoint)
            case _:
                return await self._to_address(work, member)

    async def bury(self, work: Work, member: Member, queue: str) -> Outcome:
        """One attempt to put what cannot be delivered into the dead-letter queue."""
        return await self._to_queue(work, member, queue)

    async def ask(self, topic: Topic, member: Member, asked: Confirmation) -> Outcome:
        """One attempt to deliver a confirmation."""
        subscription = member.subscription
        url = render.subscribe_url(self._address, subscription, asked.token)
        fields = render.question(asked, subscription, url)
        signature = await self._signer.signed(fields, CONFIRMATION, topic.attributes.get("SignatureVersion", "1"))
        text = render.question_text(fields, signature)
        if subscription.protocol == "sqs":
            return await self._call(topic, subscription.endpoint, None, "sqs", "SendMessage", {"MessageBody": text})
        headers = {**_headers(member, asked.id, asked.kind), "Content-Type": "text/plain; charset=UTF-8"}
        return await self._post(subscription.endpoint, headers, text)

    async def _to_function(self, work: Work, member: Member) -> Outcome:
        notice, subscription = work.notice, member.subscription
        text = notice.text(subscription.protocol)
        unsubscribe = render.unsubscribe_url(self._address, subscription)
        payload = render.event(notice, text, await work.signature(text), unsubscribe, subscription)
        params = {"FunctionName": subscription.endpoint, "InvocationType": "Event", "Payload": payload}
        return await self._call(work.topic, subscription.endpoint, notice.trace, "lambda", "Invoke", params)

    async def _to_queue(self, work: Work, member: Member, queue: str) -> Outcome:
        notice = work.notice
        params: dict[str, Any] = {"MessageBody": await self._text(work, member)}
        if member.raw and notice.attributes:
            params["MessageAttributes"] = render.queue_attributes(notice.attributes)
        if notice.group is not None:
            params["MessageGroupId"] = notice.group
        if queue.endswith(".fifo"):
            params["MessageGroupId"] = notice.group or notice.id
            params["MessageDeduplicationId"] = notice.deduplication or notice.id
        return await self._call(work.topic, queue, notice.trace, "sqs", "SendMessage", params)

    async def _to_address(self, work: Work, member: Member) -> Outcome:
        notice, policy = work.notice, member.delivery(work.topic.attributes.get("DeliveryPolicy"))
        headers = {**_headers(member, notice.id, "Notification"), "Content-Type": policy.content_type}
        if member.raw:
            headers["x-amz-sns-rawdelivery"] = "true"
        if notice.trace is not None:
            headers["X-Amzn-Trace-Id"] = notice.trace
        return await self._post(member.subscription.endpoint, headers, await self._text(work, member))

    async def _text(self, work: Work, member: Member) -> str:
        """What a queue or an address reads."""
        text = work.notice.text(member.subscription.protocol)
        if member.raw:
            return text
        return await work.envelope(text, render.unsubscribe_url(self._address, member.subscription))

    async def _call(
        self, topic: Topic, to: str, trace: str | None, service: str, operation: str, params: dict[str, Any]
    ) -> Outcome:
        _, _, _, region, account, name = to.split(":", 5)
        ctx: Context = self._acting.as_service(PRINCIPAL, topic.arn, trace_id=trace)
        if region != ctx.region:
            ctx = msgspec.structs.replace(ctx, region=region)
        if service == "sqs":
            params = {"QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}", **params}
        try:
            await self._neighbours.call(ctx, service, operation, params)
        except ApiError as error:
            busy = error.code.startswith(_BUSY) or error.status == 429 or (error.status or 400) >= 500
            _LOG.info("%s %s %s: %s", to, "does not take" if busy else "refuses", topic.arn, error)
            return Outcome.FAILED if busy else Outcome.REFUSED
        except PlatformError:
            return Outcome.FAILED
        return Outcome.DELIVERED

    async def _post(self, endpoint: str, headers: dict[str, str], text: str) -> Outcome:
        url, authorization = _address(endpoint)
        if authorization is not None:
            headers = {**headers, "Authorization": authorization}
        try:
            answer: Answer = await self._http.request(
                "POST",
                url,
                headers,
                text.encode(),
                limit=limits.HTTP_ANSWER_BYTES,
                within=limits.HTTP_SECONDS,
            )
        except ClientError as error:
            _LOG.info("%s does not answer: %s", url, error)
            return Outcome.FAILED
        if 200 <= answer.status < 400:
            return Outcome.DELIVERED
        _LOG.info("%s answers with %d", url, answer.status)
        return Outcome.REFUSED if 400 <= answer.status < 500 and answer.status != 429 else Outcome.FAILED


def _headers(member: Member, message: str, kind: str) -> dict[str, str]:
    subscription = member.subscription
    headers = {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message,
        "x-amz-sns-topic-arn": subscription.topic,
        "User-Agent": AGENT,
    }
    if kind != "SubscriptionConfirmation":
        headers["x-amz-sns-subscription-arn"] = subscription.arn
    return headers


def _address(endpoint: str) -> tuple[str, str | None]:
    """An address without the name and password that it may hold, and the header that says them instead."""
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return endpoint, None  # the client will say what is wrong with it
    credentials, at, host = parts.netloc.rpartition("@")
    if not at:
        return endpoint, None
    token = b64encode(unquote(credentials).encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), f"Basic {token}"
