"""Receipt handles."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.sqs import receipts


def test_there_and_back() -> None:
    assert receipts.read("box", receipts.made("box", 7, 3)) == (7, 3)


@pytest.mark.parametrize("handle", ["", "x", "?", "AAAA", receipts.made("other", 7, 3)])
def test_no_handles(handle: str) -> None:
    with pytest.raises(ApiError) as raised:
        receipts.read("box", handle)
    assert raised.value.message == f'The input receipt handle "{handle}" is not a valid receipt handle.'
