"""Every service that AWS knows, by the names under which a request may call it.

A gateway uses it to tell a service that is known but not served from one that does not exist. Only
the first bytes of each model are read, once, so no model is loaded for it.
"""

from __future__ import annotations

import json
import re
import zlib
from functools import cache
from pathlib import Path

import msgspec

from lambent.wire.model import Metadata, UnknownService, available, model_file

_HEAD_BYTES = 4096
_METADATA = re.compile(r'"metadata"\s*:\s*(\{)')
_decoder = json.JSONDecoder()


class Directory(msgspec.Struct, frozen=True):
    """Names of services (data directories) by signing name, endpoint prefix and target prefix.

    Several services may share one of the first two; the list is then in alphabetical order.
    """

    by_signing_name: dict[str, list[str]]
    by_endpoint_prefix: dict[str, list[str]]
    by_target_prefix: dict[str, str]

    def known(self, name: str) -> list[str]:
        """The services that `name` may mean: as a signing name, else an endpoint prefix, else itself."""
        return self.by_signing_name.get(name) or self.by_endpoint_prefix.get(name) or []


@cache
def directory() -> Directory:
    """The directory of all installed models, read at first use (some tens of milliseconds)."""
    found = Directory({}, {}, {})
    for service in available():
        try:
            metadata = _metadata(model_file(service))
        except UnknownService:
            continue
        signing = metadata.signing_name or metadata.endpoint_prefix
        found.by_signing_name.setdefault(signing, []).append(service)
        found.by_endpoint_prefix.setdefault(metadata.endpoint_prefix, []).append(service)
        if metadata.target_prefix:
            found.by_target_prefix.setdefault(metadata.target_prefix, service)
    return found


def _metadata(path: Path) -> Metadata:
    """The metadata of a model, which stands near its beginning. Raises UnknownService if it does not."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if path.suffix == ".gz":
        head = zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES)
    text = head.decode("utf-8", "ignore")
    start = _METADATA.search(text)
    if start is None:
        raise UnknownService(str(path))
    try:
        tree, _ = _decoder.raw_decode(text, start.start(1))
    except ValueError:
        raise UnknownService(str(path)) from None
    return msgspec.convert(tree, Metadata)
