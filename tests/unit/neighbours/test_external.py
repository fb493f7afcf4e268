"""Calls to endpoints elsewhere: what arrives there, and what comes back."""

from __future__ import annotations

import pytest

from lambent.context import Context
from lambent.gateway.signing import Key, sign
from lambent.http.client import HttpClient
from lambent.model.errors import ApiError
from lambent.neighbours.calls import Calls
from lambent.neighbours.delivery import Parcel, deliver
from lambent.neighbours.external import AWS, External, _address
from lambent.wire.model import load
from tests.unit.neighbours.conftest import Start, context


async def test_a_call_arrives_as_it_was_meant(http: HttpClient, start: Start) -> None:
    queue = await start("sqs")
    queue.answers["SendMessage"] = {"MessageId": "m", "MD5OfMessageBody": "d"}
    external = External(http, {"sqs": queue.url}, None)
    params = {"QueueUrl": "http://q/x", "MessageBody": "hällo"}
    result = await external.call(context(trace_id="Root=1"), "sqs", "SendMessage", params, answer_bytes=1000)
    assert result == {"MessageId": "m", "MD5OfMessageBody": "d"}
    assert queue.calls == [("SendMessage", params)]
    assert queue.headers[0]["x-amzn-trace-id"] == "Root=1"
    assert "authorization" not in queue.headers[0]
    assert external.has("sqs")
    assert not external.has("s3")


async def test_a_call_is_signed_for_its_service_and_region(http: HttpClient, start: Start) -> None:
    bucket = await start("s3")
    seen = []

    def signed(method: str, url: str, headers, body: bytes, region: str, service: str) -> dict[str, str]:  # type: ignore[no-untyped-def]
        seen.append((method, url, region, service))
        return sign(method, url, headers, body, key=Key("AK", "SK"), region=region, service=service, now=1.79e9)

    external = External(http, {"s3": bucket.url}, signed)
    params = {"Bucket": "b", "Key": "x y", "Body": b"{}"}
    await external.call(context("eu-west-1"), "s3", "PutObject", params, answer_bytes=1000)
    assert seen == [("PUT", f"{bucket.url}/b/x%20y", "eu-west-1", "s3")]
    assert bucket.headers[0]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AK/20260921/eu-west-1/s3/")
    assert len(bucket.headers[0]["x-amz-content-sha256"]) == 64
    assert bucket.calls[0][1]["Body"] == b"{}"


async def test_a_record_arrives_at_a_stream_elsewhere(http: HttpClient, start: Start) -> None:
    streams = await start("kinesis")
    streams.answers["PutRecord"] = {"ShardId": "shardId-000000000000", "SequenceNumber": "1"}
    neighbours = Calls(External(http, {"kinesis": streams.url}, None))
    parcel = Parcel(b"\x1f\x8b\x00\xff", key="s")
    await deliver(neighbours, context(), "arn:aws:kinesis:us-east-1:000000000000:stream/kept", parcel)
    assert streams.calls == [("PutRecord", {"StreamName": "kept", "Data": b"\x1f\x8b\x00\xff", "PartitionKey": "s"})]
    streams.answers["PutRecord"] = ApiError("ProvisionedThroughputExceededException", "Rate exceeded", status=400)
    with pytest.raises(ApiError, match="Rate exceeded"):
        await deliver(neighbours, context(), "arn:aws:kinesis:us-east-1:000000000000:stream/kept", parcel)


async def test_a_refusal_is_the_services_own(ctx: Context, http: HttpClient, start: Start) -> None:
    bucket = await start("s3")
    bucket.answers["GetObject"] = ApiError("NoSuchKey", "The specified key does not exist.", status=404)
    external = External(http, {"s3": bucket.url}, None)
    with pytest.raises(ApiError) as caught:
        await external.call(ctx, "s3", "GetObject", {"Bucket": "b", "Key": "k"}, answer_bytes=1000)
    assert (caught.value.code, caught.value.message, caught.value.status) == (
        "NoSuchKey",
        "The specified key does not exist.",
        404,
    )


async def test_no_answer_and_too_much_of_one(ctx: Context, http: HttpClient, start: Start) -> None:
    bucket = await start("s3")
    bucket.answers["GetObject"] = {"Body": b"x" * 2000}
    params = {"Bucket": "b", "Key": "k"}
    with pytest.raises(ApiError, match="The answer of s3 is larger than 1000 bytes"):
        await External(http, {"s3": bucket.url}, None).call(ctx, "s3", "GetObject", params, answer_bytes=1000)
    with pytest.raises(ApiError, match=r"The s3 endpoint http://127\.0\.0\.1:1 does not answer"):
        await External(http, {"s3": "http://127.0.0.1:1/"}, None).call(ctx, "s3", "GetObject", params, answer_bytes=9)


async def test_nonsense_for_an_answer(ctx: Context, http: HttpClient, start: Start) -> None:
    bucket = await start("s3")
    bucket.answers["PutObject"] = bucket.answers["GetObject"] = {}
    external = External(http, {"lambda": f"{bucket.url}/b/k?"}, None)
    bucket.answers["GetObject"] = {"Body": b"<no json>"}
    with pytest.raises(ApiError, match="The answer of the lambda endpoint cannot be read"):
        await external.call(ctx, "lambda", "GetAccountSettings", {}, answer_bytes=1000)


def test_aws_itself_is_where_its_region_is() -> None:
    assert _address(AWS, load("sqs"), "eu-west-1") == "https://sqs.eu-west-1.amazonaws.com"
    assert _address("http://h/", load("sqs"), "eu-west-1") == "http://h"
