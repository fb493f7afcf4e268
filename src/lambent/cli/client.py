"""How commands talk to a server: one signed request over the standard library's HTTP client.

Requests are made and answers are read by `wire`, from the same model data as on the server's side; the SDK, which
takes a third of a second to import, is not used.
"""

from __future__ import annotations

import argparse
import http.client
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from lambent.cli.errors import CommandError
from lambent.gateway import credentials
from lambent.gateway.signing import Key, sign
from lambent.model.errors import ApiError
from lambent.settings import Settings
from lambent.wire import client as wire
from lambent.wire import model
from lambent.wire.request import WireResponse

ENDPOINT_FILE = "endpoint"
"""In the data directory: where its server listens, as a URL."""
CERTIFICATE_FILE = "tls/certificate.pem"
TIMEOUT_SECONDS = 910.0
"""Longer than the longest invocation."""


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Settings of a client command: its options over the environment. Raises CommandError."""
    names = ("data", "region", "endpoint", "runtimes_dir", "sandbox")
    given = {name: value for name, value in vars(arguments).items() if name in names}
    try:
        return Settings.from_environment(**given)
    except ValueError as error:
        raise CommandError(str(error)) from error


def root_key(settings: Settings) -> Key:
    """The account's root key: of the settings, else of the data directory, else of the shell. Raises CommandError."""
    if settings.root_access_key_id is not None and settings.root_secret_access_key is not None:
        return Key(settings.root_access_key_id, settings.root_secret_access_key)
    path = settings.data / credentials.FILE
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=credentials.Stored)
    except FileNotFoundError:
        if settings.shell_access_key_id is not None and settings.shell_secret_access_key is not None:
            return Key(settings.shell_access_key_id, settings.shell_secret_access_key)
        raise CommandError(
            f"no keys in {settings.data}: start a server there (lambent serve), name its directory (--data), "
            'or run eval "$(lambent env)" beside it first'
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise CommandError(f"cannot read {path}: {error}") from error
    return credentials.root_key(settings, stored)


def endpoint_of(settings: Settings) -> str:
    """Where the server is: as told, else where the one of the data directory said that it listens, else what the shell
    was given, else the default."""
    if settings.endpoint is not None:
        return settings.endpoint.rstrip("/")
    try:
        return (settings.data / ENDPOINT_FILE).read_text().strip()
    except OSError:
        if settings.shell_endpoint is not None:
            return settings.shell_endpoint.rstrip("/")
        scheme = "https" if settings.tls else "http"
        return f"{scheme}://{settings.host}:{settings.port}"


class Client:
    """One server, one key, one region. Every call opens a connection of its own: commands make few."""

    def __init__(self, settings: Settings) -> None:
        self.endpoint = endpoint_of(settings)
        self.key = root_key(settings)
        self.region = settings.region
        self.account = settings.account
        self.data = settings.data
        self._certificate = settings.data / CERTIFICATE_FILE
        self._lambda = model.load("lambda")

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """One operation of the Lambda API. Raises ApiError as the server said it, CommandError if none answers."""
        return self._call(self._lambda, operation, params)

    def of(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """The same of another service, by the name of its model (`iam`)."""
        return self._call(model.load(service), operation, params)

    def hand_over(self, **params: Any) -> str:
        """Invoke asynchronously; the request id under which the event was accepted."""
        response = self._response(self._lambda, "Invoke", {**params, "InvocationType": "Event"})
        return response.header("x-amzn-requestid") or ""

    def _call(self, service: model.ServiceModel, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        response = self._response(service, operation, params)
        return wire.parse_response(service, service.operations[operation], service.protocol, response)

    def _response(self, service: model.ServiceModel, operation: str, params: dict[str, Any]) -> WireResponse:
        described = service.operations[operation]
        request = wire.render_request(service, described, params, self.endpoint)
        target = request.path + (f"?{request.query}" if request.query else "")
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        with closing(self._send(request.method, target, headers, request.body, service.signing_name)) as answer:
            response = WireResponse(answer.status, answer.getheaders(), answer.read())
        if response.status >= 300:
            code, message, fields = wire.parse_error(service, service.protocol, response)
            raise ApiError(code, message, status=response.status, fields=fields)
        return response

    def pages(self, operation: str, items: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item of a paged listing (`Marker`, `NextMarker`)."""
        while True:
            page = self.call(operation, **params)
            yield from page[items]
            if not page.get("NextMarker"):
                return
            params["Marker"] = page["NextMarker"]

    def lines(self, path: str, parameters: dict[str, str]) -> Iterator[bytes]:
        """GET one of Lambent's own addresses (`/_lambent/...`), line by line as they come. Raises CommandError."""
        with closing(self._send("GET", f"{path}?{urlencode(parameters)}" if parameters else path, {}, b"")) as answer:
            if answer.status >= 300:
                raise CommandError(f"{path}: {answer.status} {answer.read().decode(errors='replace').strip()}")
            while line := self._line_of(answer):
                yield line.rstrip(b"\n")

    def post(self, path: str, tree: object) -> Any:
        """POST JSON to one of Lambent's own addresses; what it answers. Raises CommandError."""
        body = msgspec.json.encode(tree)
        with closing(self._send("POST", path, {"Content-Length": str(len(body))}, body)) as answer:
            said = answer.read()
            if answer.status >= 300:
                raise CommandError(f"{path}: {answer.status} {said.decode(errors='replace').strip()}")
            return msgspec.json.decode(said)

    def _line_of(self, answer: http.client.HTTPResponse) -> bytes:
        try:
            return answer.readline()
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"the server at {self.endpoint} went away ({error or 'it says no more'})") from error

    def _send(
        self, method: str, target: str, headers: dict[str, str], body: bytes, service: str = "lambda"
    ) -> http.client.HTTPResponse:
        signed = sign(
            method,
            self.endpoint + target,
            headers,
            body,
            key=self.key,
            region=self.region,
            service=service,
            now=time.time(),
        )
        connection = self._connection()
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in signed.items():
                connection.putheader(name, value)
            connection.putheader("Connection", "close")  # so that the answer owns it, and ends it
            connection.endheaders(body)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise CommandError(
                f"no server answers at {self.endpoint} ({error}); start one with: lambent serve"
            ) from error

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.endpoint)
        host = parts.hostname or "127.0.0.1"
        if parts.scheme == "https":
            trusted = ssl.create_default_context()
            if self._certificate.exists():
                trusted.load_verify_locations(self._certificate)
            return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS, context=trusted)
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)


def connect(arguments: argparse.Namespace) -> Client:
    """The client that a command's options ask for. Raises CommandError."""
    return Client(settings_of(arguments))
