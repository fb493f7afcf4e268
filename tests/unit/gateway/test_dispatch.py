"""The table of services and operations."""

from __future__ import annotations

import pytest

from lambent.context import Context
from lambent.gateway.dispatch import Service, Services, unserved
from lambent.gateway.refusals import Refusal, Refused
from lambent.services.access import PlainAccess
from lambent.services.operation import Params, Result, operation, operations
from lambent.wire.model import load


class Functions:
    @operation("GetFunction")
    async def get(self, ctx: Context, params: Params) -> Result:
        return {}


LAMBDA = Service(load("lambda"), operations(Functions()), PlainAccess("lambda"))
DYNAMODB = Service(load("dynamodb"), {}, PlainAccess("dynamodb"))
SERVICES = Services([LAMBDA, DYNAMODB])


def test_by_every_name() -> None:
    assert SERVICES.signing_as("lambda") == [LAMBDA]
    assert SERVICES.signing_as("sqs") == []
    assert SERVICES.at_endpoint("lambda") == [LAMBDA]
    assert SERVICES.targeted("DynamoDB_20120810") is DYNAMODB
    assert SERVICES.targeted("") is None


def test_operations_with_and_without_code() -> None:
    assert LAMBDA.operation("GetFunction").mark.name == "GetFunction"
    with pytest.raises(Refused) as caught:
        LAMBDA.operation("CreateAlias")
    assert caught.value.refusal is Refusal.UNKNOWN_OPERATION
    assert caught.value.message == "The operation CreateAlias of the service lambda is not supported by Lambent yet."


async def test_services_that_aws_has() -> None:
    refused = await unserved("sqs", "SendMessage")
    assert refused is not None
    assert refused.message == "The operation SendMessage of the service sqs is not supported by Lambent yet."
    shared = await unserved("execute-api", None)
    assert shared is not None
    assert "service execute-api" in shared.message or "service apigatewaymanagementapi" in shared.message
    assert await unserved("nonsense", None) is None
