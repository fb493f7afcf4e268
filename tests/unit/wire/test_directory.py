"""Which services AWS knows, without loading their models."""

from __future__ import annotations

from lambent.wire.directory import directory
from lambent.wire.model import available, load


def test_services_are_found_by_each_of_their_names() -> None:
    found = directory()
    assert "lambda" in found.known("lambda")
    assert found.known("monitoring") == ["cloudwatch"]
    assert found.known("states") == ["stepfunctions"]
    assert {"apigateway", "apigatewayv2"} <= set(found.known("apigateway"))
    assert found.by_target_prefix["AmazonSQS"] == "sqs"
    assert found.known("no-such-service") == []


def test_the_directory_agrees_with_the_models() -> None:
    found = directory()
    for service in ("lambda", "iam", "ecr", "dynamodbstreams", "elbv2", "cloudwatch"):
        model = load(service)
        assert service in found.by_signing_name[model.signing_name]
        assert service in found.by_endpoint_prefix[model.endpoint_prefix]


def test_nearly_every_installed_model_is_in_it() -> None:
    listed = {service for services in directory().by_endpoint_prefix.values() for service in services}
    assert len(set(available()) - listed) < 10
