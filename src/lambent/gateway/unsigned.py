"""The calls that need no signature, since they bring a proof of their own: forms, and links, that name one of them.

Only a small form is ever read of somebody who does not say who they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambent.context import Principal
from lambent.gateway.dispatch import Service, Services
from lambent.http.message import Request

NOBODY = Principal("", "anonymous", "")
"""Who did not sign."""

FORM_BYTES = 64 * 1024
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)(?:&|$)")
_CALLS = {b"AssumeRoleWithWebIdentity": "sts"}
_LINKS = {b"ConfirmSubscription": "sns", b"Unsubscribe": "sns"}
"""What people follow from a message: the token, or the subscription's name, is the proof."""


async def unsigned_form(request: Request, services: Services) -> tuple[Service, bytes] | None:
    """The service and the body of such a call; None for everything else. Raises RequestError, BodyTooLarge."""
    if request.method == "GET":
        served = _served(_LINKS, request.query.encode(), services)
        return (served, b"") if served is not None else None
    kind = request.headers.get("content-type") or ""
    size = request.content_length
    if request.method != "POST" or not kind.startswith("application/x-www-form-urlencoded"):
        return None
    if size is None or size > FORM_BYTES:
        return None
    body = await request.read(FORM_BYTES)
    served = _served(_CALLS, body, services)
    return (served, body) if served is not None else None


def _served(calls: Mapping[bytes, str], form: bytes, services: Services) -> Service | None:
    action = _ACTION.search(form)
    served = services.signing_as(calls.get(action[1], "")) if action is not None else []
    return served[0] if served else None
