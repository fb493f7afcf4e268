"""How librdkafka is to reach a cluster: from how a mapping signs in, and the secrets that it names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.sources.base import SourceRefused
from lambent.sources.brokers import Bootstrap

Secrets = Mapping[str, Mapping[str, Any]]
"""The contents of secrets, by the type of what they are for (`BASIC_AUTH`)."""

_SASL = {
    "BASIC_AUTH": "PLAIN",
    "SASL_SCRAM_256_AUTH": "SCRAM-SHA-256",
    "SASL_SCRAM_512_AUTH": "SCRAM-SHA-512",
}
_CERTIFICATE, _ROOT = "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE"
SECRET_TYPES = frozenset({*_SASL, _CERTIFICATE, _ROOT})
"""Types of SourceAccessConfigurations that name a secret."""

_QUEUED_KBYTES = 16 * 1024


def client(bootstrap: Bootstrap, secrets: Secrets) -> dict[str, Any]:
    """What consumers and producers of the cluster have in common. Raises SourceRefused."""
    config: dict[str, Any] = {"bootstrap.servers": bootstrap.servers, "client.id": "lambent"}
    if bootstrap.secure or _CERTIFICATE in secrets or _ROOT in secrets:
        config["security.protocol"] = "SSL"
    for kind, mechanism in _SASL.items():
        if kind in secrets:
            config |= {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": mechanism,
                "sasl.username": field(secrets, kind, "username"),
                "sasl.password": field(secrets, kind, "password"),
            }
    if _CERTIFICATE in secrets:
        config |= {
            "ssl.certificate.pem": field(secrets, _CERTIFICATE, "certificate"),
            "ssl.key.pem": field(secrets, _CERTIFICATE, "privateKey"),
        }
        if password := secrets[_CERTIFICATE].get("privateKeyPassword"):
            config["ssl.key.password"] = password
    if _ROOT in secrets:
        config["ssl.ca.pem"] = field(secrets, _ROOT, "certificate")
    return config


def consumer(common: Mapping[str, Any], group: str) -> dict[str, Any]:
    """What a consumer of the group has besides: it says itself where it stands, and begins where it is told."""
    return {
        **common,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",  # where what was committed has expired
        "queued.max.messages.kbytes": _QUEUED_KBYTES,
    }


def field(secrets: Secrets, kind: str, name: str) -> str:
    """A field of a secret. Raises SourceRefused if it is not there."""
    found = secrets[kind].get(name)
    if not isinstance(found, str) or not found:
        raise SourceRefused(f"The secret of {kind} has no {name}.")
    return found
