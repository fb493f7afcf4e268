"""Services without resources of their own."""

from __future__ import annotations

from lambent.services.access import UNGUARDED, Need, Place, PlainAccess


async def test_the_operation_on_anything() -> None:
    access = PlainAccess("xray")
    (need,) = await access.needs("PutTraceSegments", Place("1", "r"), {"FunctionName": "f"})
    assert need == Need("xray:PutTraceSegments", "*", "1")
    assert await access.guard(need) is UNGUARDED
