"""The calls that need no signature, since they bring a proof of their own: forms that name one of them.

Only a small form is ever read of somebody who does not say who they are.
"""

from __future__ import annotations

import re

from lambent.context import Principal
from lambent.gateway.dispatch import Service, Services
from lambent.http.message import Request

NOBODY = Principal("", "anonymous", "")
"""Who did not sign."""

FORM_BYTES = 64 * 1024
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)(?:&|$)")
_CALLS = {b"AssumeRoleWithWebIdentity": "sts"}


async def unsigned_form(request: Request, services: Services) -> tuple[Service, bytes] | None:
    """The service and the body of such a call; None for everything else. Raises RequestError, BodyTooLarge."""
    kind = request.headers.get("content-type") or ""
    size = request.content_length
    if request.method != "POST" or not kind.startswith("application/x-www-form-urlencoded"):
        return None
    if size is None or size > FORM_BYTES:
        return None
    body = await request.read(FORM_BYTES)
    action = _ACTION.search(body)
    served = services.signing_as(_CALLS.get(action[1], "")) if action is not None else []
    return (served[0], body) if served else None
