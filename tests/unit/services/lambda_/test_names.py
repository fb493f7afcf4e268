"""How callers may name a function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.services.lambda_.names import Reference, function_arn, layer_reference, own_layer, reference, unqualified
from lambent.wire.model import load
from lambent.wire.validate import validate

ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:"
CTX = Context(
    ACCOUNT, "eu-west-1", Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "A"), "id", MovableClock(), RandomIds()
)


@pytest.mark.parametrize(
    ("identifier", "qualifier", "expected"),
    [
        ("f", None, Reference("f")),
        ("f", "", Reference("f")),
        ("f", "1", Reference("f", "1")),
        ("f:1", None, Reference("f", "1")),
        ("f:$LATEST", None, Reference("f", "$LATEST")),
        ("f:live", "live", Reference("f", "live")),
        ("function:f", None, Reference("f")),
        (f"{ACCOUNT}:function:f", None, Reference("f")),
        (f"{ACCOUNT}:function:f:2", None, Reference("f", "2")),
        (f"{ARN}f", None, Reference("f")),
        (f"{ARN}f", "3", Reference("f", "3")),
        (f"{ARN}f:3", None, Reference("f", "3")),
        ("function", None, Reference("function")),
    ],
)
def test_reference(identifier: str, qualifier: str | None, expected: Reference) -> None:
    assert reference(CTX, identifier, qualifier, "GetFunction") == expected


@pytest.mark.parametrize(
    ("identifier", "qualifier", "code", "message"),
    [
        (
            "f:1",
            "2",
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
        (
            f"{ARN}f".replace("eu-west-1", "us-east-1"),
            None,
            "ResourceNotFoundException",
            "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
        ),
        (
            f"{ARN}f".replace(ACCOUNT, "000000000000"),
            None,
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: lambda:GetFunction on resource:"
            " arn:aws:lambda:eu-west-1:000000000000:function:f because no resource-based policy allows the"
            " lambda:GetFunction action",
        ),
        (
            "x" * 65,
            None,
            "ValidationException",
            f"1 validation error detected: Value '{'x' * 65}' at 'functionName' failed to satisfy constraint: Member"
            " must have length less than or equal to 64",
        ),
        ("a:b:c:d", None, "ResourceNotFoundException", f"Function not found: {ARN}a:b:c:d"),
    ],
)
def test_refusals(identifier: str, qualifier: str | None, code: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        reference(CTX, identifier, qualifier, "GetFunction")
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_long_name_inside_an_arn() -> None:
    with pytest.raises(ApiError, match="less than or equal to 64"):
        reference(CTX, ARN + "x" * 65, None, "GetFunction")
    assert reference(CTX, ARN + "x" * 64, None, "GetFunction").name == "x" * 64


def test_unqualified() -> None:
    assert unqualified(CTX, "f", "PublishVersion") == "f"
    assert unqualified(CTX, f"{ARN}f:$LATEST", "PublishVersion") == "f"
    with pytest.raises(ApiError, match="Aliases and versions do not support this operation"):
        unqualified(CTX, "f:1", "PublishVersion")


def test_function_arn() -> None:
    assert function_arn(CTX, "f") == f"{ARN}f"
    assert function_arn(CTX, "f", "1") == f"{ARN}f:1"


LAYER = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:l"


@pytest.mark.parametrize(
    ("identifier", "number", "arn"),
    [
        ("l", 0, LAYER),
        ("l", 7, f"{LAYER}:7"),
        (LAYER, 0, LAYER),
        (LAYER, 7, f"{LAYER}:7"),
        (f"{LAYER}:3", 0, f"{LAYER}:3"),
        (LAYER.replace("aws", "aws-cn", 1) + ":3", 0, f"{LAYER}:3"),
    ],
)
def test_layers(identifier: str, number: int, arn: str) -> None:
    named = layer_reference(CTX, identifier, number)
    assert named is not None
    assert named.arn == arn


@given(
    st.text(alphabet="arn:aws:lambda:eu-west-1:0123456789:layer:function:l$LATEST_", max_size=80), st.integers(-5, 5)
)
def test_whatever_is_named_is_found_or_refused(identifier: str, number: int) -> None:
    for name in (identifier, f"{LAYER}:{identifier}", f"{ARN}{identifier}"):
        try:
            named = own_layer(CTX, name, "DeleteLayerVersion", number)
        except ApiError:
            continue
        assert named.arn.startswith(f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:{named.name}")
        assert named.number >= 1


@pytest.mark.parametrize("identifier", ["arn:aws:lambda:::awslayer:x", "a:b", f"{LAYER}:", f"{LAYER}:{'9' * 30}"])
def test_what_names_no_layer(identifier: str) -> None:
    assert layer_reference(CTX, identifier) is None


GET_FUNCTION = load("lambda").operations["GetFunction"]
PIECES = st.text(alphabet="arn:aws:lambda:eu-west-1:0123456789:function:f-_$LATEST.PUBLISHED", max_size=80)


@given(PIECES | st.text(max_size=20), st.none() | PIECES | st.sampled_from(["$LATEST", "1", "live"]))
def test_whatever_names_a_function_is_understood_or_refused(identifier: str, qualifier: str | None) -> None:
    for name in (identifier, f"f:{identifier}", f"{ARN}{identifier}", f"{ACCOUNT}:function:{identifier}"):
        given = {"FunctionName": name} | ({} if qualifier is None else {"Qualifier": qualifier})
        if validate(GET_FUNCTION, given):
            continue
        try:
            found = reference(CTX, name, qualifier, "GetFunction")
        except ApiError as error:
            assert error.code.endswith("Exception")
            continue
        if qualifier:
            assert found.qualifier == qualifier
        arn = function_arn(CTX, found.name, found.qualifier)
        if not validate(GET_FUNCTION, {"FunctionName": arn}):  # a qualifier alone may be `$` or `$x`
            assert reference(CTX, arn, None, "GetFunction") == found
