"""The model's constraints in AWS's words, literally."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.wire.model import load
from lambent.wire.request import WireError
from lambent.wire.validate import _all_hold, validate, validation_message

NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)


def failures(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    return validate(load(service).operations[operation], params)


def creation(**changes: Any) -> list[str]:
    params = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": b"PK"}}
    return failures("lambda", "CreateFunction", params | changes)


def test_what_is_right_passes() -> None:
    assert creation() == []
    assert creation(Timeout=3, Tags={"a": "b"}, Architectures=["arm64"], Environment={"Variables": {"AB": "c"}}) == []
    assert failures("lambda", "ListFunctions", {}) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"FunctionName": "a b"},
            "Value 'a b' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {NAME_PATTERN}",
        ),
        (
            {"FunctionName": "a" * 141},
            f"Value '{'a' * 141}' at 'functionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 140",
        ),
        (
            {"Handler": "x" * 129},
            f"Value '{'x' * 129}' at 'handler' failed to satisfy constraint: "
            "Member must have length less than or equal to 128",
        ),
        (
            {"Timeout": 5401},
            "Value '5401' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 5400",
        ),
        (
            {"MemorySize": 127},
            "Value '127' at 'memorySize' failed to satisfy constraint: "
            "Member must have value greater than or equal to 128",
        ),
        ({"Role": None}, "Value null at 'role' failed to satisfy constraint: Member must not be null"),
        (
            {"PackageType": "Tar"},
            "Value 'Tar' at 'packageType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Zip, Image]",
        ),
        (
            {"Architectures": ["x86"]},
            "Value '[x86]' at 'architectures' failed to satisfy constraint: "
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]",
        ),
        (
            {"Architectures": ["arm64", "x86_64"]},
            "Value '[arm64, x86_64]' at 'architectures' failed to satisfy constraint: "
            "Member must have length less than or equal to 1",
        ),
        (
            {"Environment": {"Variables": {"1A": "secret"}}},
            "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: "
            "[Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
        ),
        (
            {"Tags": {"": "x"}},
            "Value '{=x}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "
            "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
            r"Member must satisfy regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)]",
        ),
        (
            {"EphemeralStorage": {}},
            "Value null at 'ephemeralStorage.size' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_each_constraint_has_its_sentence(changes: dict[str, Any], text: str) -> None:
    assert creation(**changes) == [text]


def test_members_of_lists_are_counted_from_one() -> None:
    tags = [{"Key": "k", "Value": "v"}, {"Key": "k", "Value": "v" * 257}]
    assert failures("iam", "CreateUser", {"UserName": "u", "Tags": tags}) == [
        f"Value '{'v' * 257}' at 'tags.2.member.value' failed to satisfy constraint: "
        "Member must have length less than or equal to 256"
    ]


def test_values_of_maps_are_named_by_their_keys() -> None:
    found = failures("dynamodb", "BatchWriteItem", {"RequestItems": {"table": []}})
    assert found == [
        "Value '[]' at 'requestItems.table.member' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    ]


def test_secrets_are_not_repeated() -> None:
    found = failures("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "!", "Payload": b"secret"})
    assert len(found) == 1 and "secret" not in found[0]
    assert "secret" not in "".join(creation(Environment={"Variables": {"1": "secret"}}))


def test_blobs_are_printed_as_java_prints_them() -> None:
    found = failures("kms", "Encrypt", {"KeyId": "k", "Plaintext": b"x" * 4097})
    assert found == [
        "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"
    ]
    found = failures("kms", "Decrypt", {"CiphertextBlob": b""})
    assert found == [
        "Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at 'ciphertextBlob' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    ]


def test_the_message_counts_and_joins() -> None:
    assert validation_message(["a"]) == "1 validation error detected: a"
    assert validation_message(["a", "b"]) == "2 validation errors detected: a; b"


def test_recursive_shapes_end() -> None:
    deep: dict[str, Any] = {"S": "x"}
    for _ in range(20):
        deep = {"L": [deep]}
    assert failures("dynamodb", "PutItem", {"TableName": "ttt", "Item": {"a": deep}}) == []
    for _ in range(2000):
        deep = {"L": [deep]}
    with pytest.raises(WireError):
        failures("dynamodb", "PutItem", {"TableName": "ttt", "Item": {"a": deep}})


def test_a_name_is_judged_the_same_the_second_time() -> None:
    operation = load("lambda").operations["Invoke"]
    for name, count in (("fine", 0), ("not fine", 1), ("f" * 300, 1)):
        assert [len(validate(operation, {"FunctionName": name})) for _ in range(2)] == [count, count]


def test_secrets_are_not_remembered() -> None:
    misses = _all_hold.cache_info().misses
    secret = {"SecretId": "asked-twice", "SecretString": "only here"}
    assert failures("secretsmanager", "PutSecretValue", secret) == []
    assert failures("secretsmanager", "PutSecretValue", secret) == []
    assert _all_hold.cache_info().misses == misses + 1
