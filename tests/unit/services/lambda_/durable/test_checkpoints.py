"""What holds of a whole checkpoint."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.checkpoints import check_batch, check_sizes
from tests.unit.services.lambda_.durable.making import execution, running, update


def refused(*updates: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as caught:
        check_batch(updates, running().operations)
    assert caught.value.code == "InvalidParameterValueException"
    return caught.value.message


END = update("EXECUTION", "SUCCEED", "end")


def test_the_end_comes_once_and_last() -> None:
    assert refused(END, END) == "Cannot checkpoint multiple EXECUTION updates."
    assert refused(END, update("STEP", "START")) == "EXECUTION checkpoint must be the last update."


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (update("STEP", "START"), update("STEP", "START")),
        (update("STEP", "SUCCEED"), update("STEP", "SUCCEED")),
        (update("WAIT", "START"), update("WAIT", "CANCEL")),
    ],
)
def test_an_operation_is_changed_once(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert refused(first, second) == "Cannot checkpoint multiple operations with the same ID."


def test_but_a_step_may_be_started_and_ended() -> None:
    check_batch([update("STEP", "START"), update("STEP", "SUCCEED")], {})


def test_parents_are_contexts() -> None:
    child = update("STEP", "START", "b", ParentId="a")
    assert refused(child) == "Invalid parent operation id."
    assert refused(update("STEP", "START"), child) == "Invalid parent operation id."
    assert refused(update("STEP", "START", ParentId="i")) == "Invalid parent operation id."
    check_batch([update("CONTEXT", "START"), child], {})


@pytest.mark.parametrize(
    ("given", "is_async", "message"),
    [
        (
            update("STEP", "SUCCEED", Payload="x" * 1048577),
            False,
            "STEP payload size must be less than or equal to 1048576 bytes.",
        ),
        (
            update("CHAINED_INVOKE", "START", Payload="é" * 524289),
            False,
            "CHAINED_INVOKE input payload size must be less than or equal to 1048576 bytes.",
        ),
        (
            update("EXECUTION", "SUCCEED", Payload="x" * 6291457),
            False,
            "Execution output payload size must be less than or equal to 6291456 bytes.",
        ),
        (
            update("EXECUTION", "SUCCEED", Payload="x" * 1048577),
            True,
            "Execution output payload size must be less than or equal to 1048576 bytes.",
        ),
        (
            update("STEP", "FAIL", Error={"ErrorData": "x" * 1048576}),
            False,
            "Error object size must be less than 1048576 bytes.",
        ),
        (
            update("CHAINED_INVOKE", "START", ChainedInvokeOptions={"FunctionName": "111111111111:function:g"}),
            False,
            "Cannot start a CHAINED_INVOKE on a function in another account.",
        ),
        (
            update(
                "CHAINED_INVOKE",
                "START",
                ChainedInvokeOptions={"FunctionName": "arn:aws:lambda:eu-west-1:000000000000:function:g"},
            ),
            False,
            "Cannot start a CHAINED_INVOKE on a function in another region.",
        ),
    ],
    ids=lambda value: "",
)
def test_sizes_and_places(given: dict[str, Any], is_async: bool, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_sizes(given, execution(is_async=is_async))
    assert caught.value.message == message


def test_what_fits() -> None:
    check_sizes(update("EXECUTION", "SUCCEED", Payload="x" * 6291456), execution())
    check_sizes(update("CHAINED_INVOKE", "START", Payload="x" * 1048576), execution())
