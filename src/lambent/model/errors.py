"""The three error families (house rule 7).

`ApiError`      the caller's fault or a service's documented refusal: rendered to the client as AWS does.
`PlatformError` ours: logged, shown as a 500 with the request id.
A function's own failure is not an exception: see `FunctionError` in `model.invocation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal that the client sees. `code` is the exception's name in the AWS model.

    `fields` are further members of the modelled error shape (for example `Reason`), `headers` further
    response headers (for example `Retry-After`). `status` None means: as the model says, else 400.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: Mapping[str, Any] = fields or {}
        self.headers: Mapping[str, str] = headers or {}


class PlatformError(Exception):
    """Lambent failed, not the caller and not the function. The text is for the log, not for clients."""
