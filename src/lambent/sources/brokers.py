"""Where brokers are, and how to sign in there: by settings, else by what their services say; in the function's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping
from lambent.neighbours.base import Neighbours
from lambent.sources.base import Fed, SourceRefused

_STARTS = ("BootstrapBrokerString", "BootstrapBrokerStringPublic", "BootstrapBrokerStringVpcConnectivity")
_ENDINGS = {
    "SASL_SCRAM_512_AUTH": ("SaslScram",),
    "CLIENT_CERTIFICATE_TLS_AUTH": ("Tls",),
    "": ("", "Tls"),
}


class Bootstrap(msgspec.Struct, frozen=True):
    """Where a cluster is, `host:port,host:port`; `secure`: these ports speak TLS, however one signs in."""

    servers: str
    secure: bool = False


class Brokers:
    """`addresses`: the ARN of a broker or cluster -> where it is, for those that no service can be asked about."""

    def __init__(self, neighbours: Neighbours, fed: Fed, addresses: Mapping[str, str]) -> None:
        self._neighbours = neighbours
        self._fed = fed
        self._addresses = addresses

    async def kafka(self, mapping: EventSourceMapping) -> Bootstrap:
        """The bootstrap servers of a cluster. Raises SourceRefused."""
        if not mapping.source_arn:
            return Bootstrap(mapping.bootstrap_servers)
        if known := self._addresses.get(mapping.source_arn):
            return Bootstrap(known)
        answer = await self._asked(mapping, "kafka", "GetBootstrapBrokers", {"ClusterArn": mapping.source_arn})
        way = next((kind for kind in _ENDINGS if kind in mapping.access), "")
        for ending in _ENDINGS[way]:
            for start in _STARTS:
                if found := answer.get(start + ending):
                    return Bootstrap(found, secure=ending == "Tls")
        raise SourceRefused(f"{mapping.source_arn} has no brokers for this way to sign in.")

    async def amqp(self, mapping: EventSourceMapping) -> str:
        """The URL of a RabbitMQ broker, `amqps://host:port`. Raises SourceRefused."""
        if known := self._addresses.get(mapping.source_arn):
            return known
        broker = mapping.source_arn.rpartition(":")[2]
        answer = await self._asked(mapping, "mq", "DescribeBroker", {"BrokerId": broker})
        if str(answer.get("EngineType", "")).upper() == "ACTIVEMQ":
            raise SourceRefused("ActiveMQ brokers are not supported by Lambent yet: no client of theirs is at hand.")
        for instance in answer.get("BrokerInstances", ()):
            for endpoint in instance.get("Endpoints", ()):
                if endpoint.startswith("amqp"):
                    return str(endpoint)
        raise SourceRefused(f"{mapping.source_arn} has no endpoint that speaks AMQP.")

    async def secrets(self, mapping: EventSourceMapping, types: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """The contents of the secrets that a mapping names, by type. Raises SourceRefused."""
        found = {}
        for kind in types:
            if arn := mapping.access.get(kind):
                answer = await self._asked(mapping, "secretsmanager", "GetSecretValue", {"SecretId": arn})
                found[kind] = _parsed(arn, answer)
        return found

    async def _asked(self, mapping: EventSourceMapping, service: str, operation: str, params: dict[str, Any]) -> Any:
        try:
            ctx = await self._fed.context(mapping)
            return await self._neighbours.call(ctx, service, operation, params)
        except ApiError as error:
            raise SourceRefused(f"{operation} was refused: {error.code}: {error.message}") from None


def _parsed(arn: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        parsed = msgspec.json.decode(answer.get("SecretString") or answer.get("SecretBinary") or b"")
    except (msgspec.DecodeError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise SourceRefused(f"The secret {arn} does not hold a JSON object.")
    return parsed
