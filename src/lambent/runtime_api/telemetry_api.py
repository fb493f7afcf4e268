"""The Telemetry API of 2022-07-01 and the Logs API of 2020-08-15 over HTTP: one PUT each.

It checks who asks and what for, and answers in AWS's words; the hub does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lambent.http.message import Request, Response
from lambent.runtime_api import replies
from lambent.runtime_api.extensions import Refused
from lambent.runtime_api.extensions_api import LARGEST_BODY, ExtensionsApi, identify, refused, too_large
from lambent.runtime_api.telemetry import Closed, OtherApi, TelemetryHub
from lambent.runtime_api.telemetry_records import Event
from lambent.runtime_api.telemetry_subscriptions import Api, Invalid, parse

PATHS: Mapping[str, Api] = {"/2022-07-01/telemetry": Api.TELEMETRY, "/2020-08-15/logs": Api.LOGS}

_INVALID = {Api.TELEMETRY: "ValidationError", Api.LOGS: "Logs.ValidationError"}


class TelemetryApi:
    """`hub` is None where nothing can be sent into the environment: then AWS's local stub is played.

    `on_subscribed` gets the event of each subscription, for the log.
    """

    def __init__(
        self, hub: TelemetryHub | None, extensions: ExtensionsApi, on_subscribed: Callable[[Event], None]
    ) -> None:
        self._hub = hub
        self._extensions = extensions
        self._on_subscribed = on_subscribed

    async def handle(self, request: Request, api: Api) -> Response:
        """Answer one request on a path of `PATHS`."""
        if request.method != "PUT":
            return Response(405)
        if self._hub is None:
            return replies.refusal(202, f"{api}.NotSupported", f"{api} API is not supported")
        try:
            name = self._extensions.host.name_of(identify(request))
            if request.content_length is not None and request.content_length > LARGEST_BODY:
                return too_large()
            event = self._hub.subscribe(name, parse(api, await request.read(LARGEST_BODY)))
        except Refused as refusal:
            return refused(refusal)
        except Closed:
            return replies.refusal(403, f"{api}.SubscriptionClosed", f"{api} API subscription is closed already")
        except OtherApi:
            other = next(other for other in Api if other is not api)
            return replies.refusal(400, _INVALID[api], f"extension is subscribed to the {other} API already")
        except Invalid as invalid:
            return replies.refusal(400, _INVALID[api], str(invalid))
        self._on_subscribed(event)
        return Response(200, [("Content-Type", "application/json")], b'"OK"')
