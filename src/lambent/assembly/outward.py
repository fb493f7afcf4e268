"""How everything calls AWS APIs, here or elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from lambent.gateway.signing import Key, sign
from lambent.http.client import HttpClient
from lambent.neighbours.calls import Calls
from lambent.neighbours.external import External
from lambent.settings import Settings


async def open_neighbours(stack: AsyncExitStack, settings: Settings) -> Calls:
    """How everything calls AWS APIs: at the endpoints of the settings, else in this process, once that is there."""
    http = await stack.enter_async_context(HttpClient())
    key_id, secret = settings.neighbour_access_key_id, settings.neighbour_secret_access_key
    if key_id is None or secret is None:
        return Calls(External(http, settings.endpoints, None))
    key = Key(key_id, secret, settings.neighbour_session_token)

    def signed(
        method: str, url: str, headers: Mapping[str, str], body: bytes, region: str, service: str
    ) -> dict[str, str]:
        return sign(method, url, headers, body, key=key, region=region, service=service, now=time.time())

    return Calls(External(http, settings.endpoints, signed))
