"""Results and errors as HTTP responses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from xml.etree import ElementTree

from lambent.gateway import answers
from lambent.model.errors import ApiError
from lambent.services.operation import Reply
from lambent.wire.model import load

LAMBDA = load("lambda")


def test_an_answer_with_headers_that_no_model_knows() -> None:
    result = Reply(StatusCode=200, Payload=b"1")
    result.headers = {"X-Amzn-Trace-Id": "Root=1"}
    response = answers.answer(LAMBDA, LAMBDA.operations["Invoke"], "rest-json", result, "id")
    assert (response.status, response.body) == (200, b"1")
    assert ("X-Amzn-Trace-Id", "Root=1") in response.headers
    assert ("x-amzn-RequestId", "id") in response.headers


async def test_a_stream_is_sent_as_it_comes() -> None:
    operation = LAMBDA.operations["InvokeWithResponseStream"]
    events = [{"PayloadChunk": {"Payload": b"one"}}, {"InvokeComplete": {}}]
    response = answers.answer(LAMBDA, operation, "rest-json", {"EventStream": events}, "id")
    assert isinstance(response.body, AsyncIterable)
    assert b"one" in b"".join([frame async for frame in response.body])


def test_an_error_with_fields_and_headers() -> None:
    error = ApiError("TooManyRequestsException", "Rate Exceeded.", fields={"Reason": "R"}, headers={"Retry-After": "1"})
    response = answers.refusal(LAMBDA, LAMBDA.operations["Invoke"], "rest-json", error, "id")
    assert response.status == 429
    assert ("Retry-After", "1") in response.headers
    assert ("x-amzn-ErrorType", "TooManyRequestsException") in response.headers
    assert isinstance(response.body, bytes)
    assert json.loads(response.body) == {"message": "Rate Exceeded.", "Reason": "R", "Type": "User"}


def test_without_a_model() -> None:
    error = ApiError("InvalidAction", "a < b", status=400)
    plain = answers.refusal(None, None, "json", error, "id")
    assert isinstance(plain.body, bytes)
    assert json.loads(plain.body) == {"__type": "InvalidAction", "message": "a < b"}
    assert ("x-amzn-ErrorType", "InvalidAction") in plain.headers
    form = answers.refusal(None, None, "query", error, "id")
    assert isinstance(form.body, bytes)
    tree = ElementTree.fromstring(form.body)
    assert (tree.findtext("Error/Code"), tree.findtext("Error/Message")) == ("InvalidAction", "a < b")
    assert (form.status, tree.findtext("RequestId")) == (400, "id")
