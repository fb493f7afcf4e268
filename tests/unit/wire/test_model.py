"""Models are found, read whole and cached."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lambent.wire.model import UnknownService, available, load, model_file


def test_lambda_has_its_operations_and_names() -> None:
    model = load("lambda")
    assert len(model.operations) == 91
    assert (model.signing_name, model.endpoint_prefix, model.api_version) == ("lambda", "lambda", "2015-03-31")
    invoke = model.operations["Invoke"]
    assert (invoke.method, invoke.uri) == ("POST", "/2015-03-31/functions/{FunctionName}/invocations")
    assert (model.operations["CreateFunction"].status, invoke.deprecated) == (201, False)
    assert model.operations["InvokeAsync"].deprecated
    assert "ResourceNotFoundException" in invoke.error_names


def test_a_model_is_read_once() -> None:
    assert load("lambda") is load("lambda")
    assert load("lambda").operations["Invoke"] is load("lambda").operations["Invoke"]


@pytest.mark.parametrize(
    ("service", "protocols"),
    [
        ("lambda", ("rest-json",)),
        ("sqs", ("json", "query")),
        ("cloudwatch", ("smithy-rpc-v2-cbor", "json", "query")),
        ("ec2", ("ec2",)),
    ],
)
def test_a_server_accepts_each_listed_protocol(service: str, protocols: tuple[str, ...]) -> None:
    assert load(service).protocols == protocols


@pytest.mark.parametrize("name", ["nope", "", "..", "../data/lambda", "lambda/2015-03-31"])
def test_what_is_no_service_is_said_to_be_unknown(name: str) -> None:
    with pytest.raises(UnknownService):
        load(name)


def test_the_newest_version_is_taken() -> None:
    assert model_file("lambda").parent.name == "2015-03-31"
    assert model_file("dynamodb").parent.name == "2012-08-10"


def test_every_installed_model_can_be_read() -> None:
    broken = []
    for service in available():
        try:
            load.__wrapped__(service)
        except UnknownService:
            continue
        except Exception as error:
            broken.append(f"{service}: {error}")
    assert broken == []
    assert len(available()) > 300


def test_botocore_itself_is_never_imported() -> None:
    code = (
        "import sys\n"
        "from lambent.wire import client, directory, model, route, server, validate\n"
        "model.load('lambda')\n"
        "sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_operations_without_a_signature_are_marked() -> None:
    assert load("sts").operations["AssumeRoleWithWebIdentity"].unsigned
    assert not load("sts").operations["AssumeRole"].unsigned


def test_errors_are_found_by_code_and_by_shape() -> None:
    errors = load("iam").errors
    assert errors["NoSuchEntity"] is errors["NoSuchEntityException"]


def test_old_query_codes() -> None:
    assert load("sqs").query_code("QueueDoesNotExist") == "AWS.SimpleQueueService.NonExistentQueue"
    assert load("cloudwatch").query_code("InvalidParameterValueException") == "InvalidParameterValue"
    assert load("sqs").query_code("SomethingElse") == "SomethingElse"
