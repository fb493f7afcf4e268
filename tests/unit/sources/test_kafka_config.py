"""How librdkafka is to reach a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.sources.base import SourceRefused
from lambent.sources.brokers import Bootstrap
from lambent.sources.kafka_config import client, consumer

HERE = {"bootstrap.servers": "a:1", "client.id": "lambent"}
LOGIN = {"username": "u", "password": "p"}
SIGNED_IN = HERE | {"security.protocol": "SASL_SSL", "sasl.username": "u", "sasl.password": "p"}
CERTIFICATE = {"certificate": "c", "privateKey": "k"}


@pytest.mark.parametrize(
    ("secrets", "config"),
    [
        ({}, HERE),
        ({"BASIC_AUTH": LOGIN}, SIGNED_IN | {"sasl.mechanism": "PLAIN"}),
        ({"SASL_SCRAM_256_AUTH": LOGIN}, SIGNED_IN | {"sasl.mechanism": "SCRAM-SHA-256"}),
        (
            {"SASL_SCRAM_512_AUTH": LOGIN, "SERVER_ROOT_CA_CERTIFICATE": {"certificate": "r"}},
            SIGNED_IN | {"sasl.mechanism": "SCRAM-SHA-512", "ssl.ca.pem": "r"},
        ),
        (
            {"CLIENT_CERTIFICATE_TLS_AUTH": CERTIFICATE},
            HERE | {"security.protocol": "SSL", "ssl.certificate.pem": "c", "ssl.key.pem": "k"},
        ),
        (
            {"CLIENT_CERTIFICATE_TLS_AUTH": CERTIFICATE | {"privateKeyPassword": "w"}},
            HERE
            | {"security.protocol": "SSL", "ssl.certificate.pem": "c", "ssl.key.pem": "k", "ssl.key.password": "w"},
        ),
        (
            {"SERVER_ROOT_CA_CERTIFICATE": {"certificate": "r"}},
            HERE | {"security.protocol": "SSL", "ssl.ca.pem": "r"},
        ),
    ],
)
def test_ways_to_sign_in(secrets: dict[str, Any], config: dict[str, Any]) -> None:
    assert client(Bootstrap("a:1"), secrets) == config


def test_ports_that_speak_tls() -> None:
    assert client(Bootstrap("a:1", secure=True), {})["security.protocol"] == "SSL"


def test_a_secret_that_lacks_something() -> None:
    with pytest.raises(SourceRefused, match="The secret of BASIC_AUTH has no password"):
        client(Bootstrap("a:1"), {"BASIC_AUTH": {"username": "u"}})


def test_a_consumer_says_itself_where_it_stands() -> None:
    made = consumer(HERE, "g")
    assert made.items() >= {"group.id": "g", "enable.auto.commit": False, **HERE}.items()
