"""What an address invokes."""

from __future__ import annotations

import msgspec

from lambent.model.function_url import FunctionUrl

URL = FunctionUrl("i" * 32, "000000000000", "us-east-1", "f", "", "NONE", 1.0, 1.0)


def test_the_function_or_its_alias() -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert URL.function_arn == arn
    assert msgspec.structs.replace(URL, qualifier="live").function_arn == f"{arn}:live"
