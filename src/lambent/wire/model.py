"""Service models: what AWS says about each service, read from the JSON files that botocore ships.

Only data is read: botocore itself is never imported (importing it costs a tenth of a second). Models
are cached for the life of the process; documentation is skipped while decoding.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from lambent.wire import sqs_query
from lambent.wire.shape import Shape, Traits, resolve

CBOR = "smithy-rpc-v2-cbor"
QUERY_DIALECTS = ("query", "ec2")


class UnknownService(LookupError):
    """No model of that name is installed."""


class Metadata(msgspec.Struct, rename="camel", frozen=True):
    """A service's own description of itself. `signing_name` and `protocols` may be absent: see ServiceModel."""

    protocol: str
    endpoint_prefix: str
    api_version: str = ""
    service_id: str = ""
    service_full_name: str = ""
    protocols: list[str] | None = None
    signing_name: str | None = None
    target_prefix: str | None = None
    json_version: str = "1.0"
    xml_namespace: str | None = None
    aws_query_compatible: Any = None
    global_endpoint: str | None = None


class _Http(msgspec.Struct, rename="camel", frozen=True):
    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class _Compression(msgspec.Struct, frozen=True):
    encodings: list[str] = []


class _Endpoint(msgspec.Struct, rename="camel", frozen=True):
    host_prefix: str = ""


class _RawOperation(msgspec.Struct, rename="camel", frozen=True):
    http: _Http = _Http()
    input: Traits | None = None
    output: Traits | None = None
    errors: list[Traits] = []
    deprecated: bool = False
    idempotent: bool = False
    auth: list[str] = []
    authtype: str = ""
    requestcompression: _Compression = _Compression()
    endpoint: _Endpoint = _Endpoint()


class _RawModel(msgspec.Struct, frozen=True):
    metadata: Metadata
    operations: dict[str, _RawOperation]
    shapes: dict[str, Traits]


class Operation:
    """One operation. `uri` is the model's template, with labels and static query discriminators;
    `status` the HTTP status of success; `input` and `output` are None where there is nothing.
    """

    def __init__(self, name: str, raw: _RawOperation, table: Mapping[str, Traits]) -> None:
        self.name = name
        self.method = raw.http.method
        self.uri = raw.http.request_uri
        self.status = raw.http.response_code
        self.deprecated = raw.deprecated
        self.idempotent = raw.idempotent
        self.unsigned = raw.authtype == "none" or "smithy.api#noAuth" in raw.auth
        self.compression: tuple[str, ...] = tuple(raw.requestcompression.encodings)
        self.host_prefix = raw.endpoint.host_prefix
        self.error_names: tuple[str, ...] = tuple(ref.shape for ref in raw.errors if ref.shape)
        self._raw = raw
        self._table = table

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"

    @cached_property
    def input(self) -> Shape | None:
        """The structure that the caller sends."""
        return resolve(self._raw.input, self._table) if self._raw.input else None

    @cached_property
    def output(self) -> Shape | None:
        """The structure that the caller receives."""
        return resolve(self._raw.output, self._table) if self._raw.output else None


class _Operations(Mapping[str, Operation]):
    """Operations by name, built at first use: EC2 alone has over eight hundred."""

    def __init__(self, raw: Mapping[str, _RawOperation], table: Mapping[str, Traits]) -> None:
        self._raw = raw
        self._table = table
        self._built: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        operation = self._built.get(name)
        if operation is None:
            operation = self._built[name] = Operation(name, self._raw[name], self._table)
        return operation

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class ServiceModel:
    """One service: its metadata, operations and exceptions.

    `service` is the name of botocore's data directory (`lambda`, `events`, `elbv2`). `protocols` are
    those that a server accepts, the client's choice first.
    """

    def __init__(self, service: str, raw: _RawModel) -> None:
        meta = raw.metadata
        self.service = service
        self.metadata = meta
        self.endpoint_prefix = meta.endpoint_prefix
        self.signing_name = meta.signing_name or meta.endpoint_prefix
        self.api_version = meta.api_version
        self.target_prefix = meta.target_prefix
        self.json_version = meta.json_version
        self.query_compatible = meta.aws_query_compatible is not None
        self.xml_namespace = (
            meta.xml_namespace or f"http://{meta.endpoint_prefix}.amazonaws.com/doc/{meta.api_version}/"
        )
        self.protocol = meta.protocol
        listed = dict.fromkeys([meta.protocol, *(meta.protocols or [])])
        if self.query_compatible:
            listed["query"] = None
        self.protocols: tuple[str, ...] = tuple(listed)
        self.operations: Mapping[str, Operation] = _Operations(raw.operations, raw.shapes)
        self._raw = raw

    def __repr__(self) -> str:
        return f"<ServiceModel {self.service}>"

    @cached_property
    def errors(self) -> Mapping[str, Shape]:
        """Exceptions by wire code and by shape name; the shape's own name wins where they clash."""
        shapes = [
            Shape(name, traits, self._raw.shapes) for name, traits in self._raw.shapes.items() if traits.exception
        ]
        return {shape.error_code: shape for shape in shapes} | {shape.name: shape for shape in shapes}

    def shape(self, name: str) -> Shape:
        """A shape by its name in the model. Raises KeyError."""
        return Shape(name, self._raw.shapes[name], self._raw.shapes)

    def speaking(self, protocol: str) -> ServiceModel:
        """This model as `protocol` needs it: SQS's old query names are no longer in the data."""
        if protocol == "query" and self.service == "sqs":
            return self._as_old_query
        return self

    def query_code(self, code: str) -> str:
        """The code that an error had when the service spoke the query protocol."""
        shape = self.speaking("query").errors.get(code)
        return shape.error_code if shape else code

    @cached_property
    def _as_old_query(self) -> ServiceModel:
        meta = msgspec.structs.replace(self.metadata, xml_namespace=sqs_query.NAMESPACE)
        return ServiceModel(
            self.service, _RawModel(meta, self._raw.operations, sqs_query.with_old_names(self._raw.shapes))
        )


def data_directory() -> Path:
    """Where botocore keeps its models. Raises UnknownService when botocore is not installed."""
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise UnknownService("botocore is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def available() -> list[str]:
    """The names of all installed models, sorted."""
    return sorted(entry.name for entry in data_directory().iterdir() if entry.is_dir())


def model_file(service: str) -> Path:
    """The newest model file of a service. Raises UnknownService."""
    folder = data_directory() / service
    if service in ("", ".", "..") or "/" in service or not folder.is_dir():
        raise UnknownService(service)
    for version in sorted((entry for entry in folder.iterdir() if entry.is_dir()), reverse=True):
        for name in ("service-2.json.gz", "service-2.json"):
            if (version / name).is_file():
                return version / name
    raise UnknownService(service)


@cache
def load(service: str) -> ServiceModel:
    """The newest model of a service, by the name of its data directory. Raises UnknownService."""
    path = model_file(service)
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return ServiceModel(service, msgspec.json.decode(content, type=_RawModel))
