"""Batches."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.sqs import batches


@pytest.mark.parametrize(
    ("ids", "code", "text"),
    [
        ([], "EmptyBatchRequest", "There should be at least one Entry in the request."),
        (
            [str(n) for n in range(11)],
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (["a", "b", "a"], "BatchEntryIdsNotDistinct", "Id a repeated."),
        (["a b"], "InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters"),
    ],
)
def test_what_is_refused(ids: list[str], code: str, text: str) -> None:
    with pytest.raises(ApiError) as raised:
        batches.check([{"Id": each} for each in ids], "Entry")
    assert raised.value.code == code
    assert raised.value.message.startswith(text)


def test_what_became_of_it() -> None:
    assert batches.result([{"Id": "a"}], []) == {"Successful": [{"Id": "a"}]}
    failed = batches.failure("b", ApiError("Code", "text"))
    assert batches.result([], [failed]) == {
        "Successful": [],
        "Failed": [{"Id": "b", "SenderFault": True, "Code": "Code", "Message": "text"}],
    }
