"""A function's own address, as it is stored."""

from __future__ import annotations

from typing import Any

import msgspec


class FunctionUrl(msgspec.Struct, frozen=True):
    """An address of a function, or of one of its aliases (`qualifier`, else empty).

    `auth_type` is `NONE` or `AWS_IAM`; `cors` AWS's shape, empty without. `created` and `modified` in seconds since
    the epoch.
    """

    id: str
    account: str
    region: str
    name: str
    qualifier: str
    auth_type: str
    created: float
    modified: float
    cors: dict[str, Any] = msgspec.field(default_factory=dict)
    invoke_mode: str = "BUFFERED"

    @property
    def function_arn(self) -> str:
        """What it invokes."""
        arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"
        return f"{arn}:{self.qualifier}" if self.qualifier else arn
