"""Where brokers are, and how to sign in there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping, SourceKind
from lambent.sources.base import SourceRefused
from lambent.sources.brokers import Bootstrap, Brokers
from tests.unit.sources.test_kafka_events import CLUSTER, mapping

BROKER = "arn:aws:mq:us-east-1:000000000000:broker:b:b-1"


class Cloud:
    """Answers as it was told, and keeps what it was asked; in the name of a role."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def context(self, mapping: EventSourceMapping) -> Context:
        return Context("1", "r", Principal("1", "role", ""), "", MovableClock(), RandomIds())

    async def call(self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], **_: Any) -> Any:
        assert ctx.principal.arn == "role"
        self.asked.append((f"{service}:{operation}", params))
        answer = self.answers[operation]
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def invoke(self, *_: Any) -> Any:
        raise NotImplementedError


def brokers(cloud: Cloud, **addresses: str) -> Brokers:
    return Brokers(cloud, cloud, addresses)


def signing_in(kind: str, arn: str = CLUSTER) -> EventSourceMapping:
    made = mapping(arn, SourceAccessConfigurations=[{"Type": kind, "URI": "s"}], Queues=["q"])
    return msgspec.structs.replace(made, kind=SourceKind.MQ) if arn == BROKER else made


async def test_a_cluster_of_ones_own_says_where_it_is() -> None:
    ours = mapping(SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:1", "b:2"]}})
    assert await brokers(Cloud()).kafka(ours) == Bootstrap("a:1,b:2")


async def test_a_setting_goes_before_the_service() -> None:
    known = brokers(Cloud(), **{CLUSTER: "a:1", BROKER: "amqp://b"})
    assert await known.kafka(mapping(CLUSTER)) == Bootstrap("a:1")
    assert await known.amqp(signing_in("BASIC_AUTH", BROKER)) == "amqp://b"


@pytest.mark.parametrize(
    ("kind", "answer", "found"),
    [
        ("", {"BootstrapBrokerString": "p:1", "BootstrapBrokerStringTls": "t:1"}, Bootstrap("p:1")),
        ("", {"BootstrapBrokerStringTls": "t:1"}, Bootstrap("t:1", secure=True)),
        (
            "SASL_SCRAM_512_AUTH",
            {"BootstrapBrokerStringSaslScram": "s:1", "BootstrapBrokerString": "p"},
            Bootstrap("s:1"),
        ),
        ("SASL_SCRAM_512_AUTH", {"BootstrapBrokerStringPublicSaslScram": "s:1"}, Bootstrap("s:1")),
        ("CLIENT_CERTIFICATE_TLS_AUTH", {"BootstrapBrokerStringTls": "t:1"}, Bootstrap("t:1", secure=True)),
    ],
)
async def test_what_msk_says(kind: str, answer: dict[str, str], found: Bootstrap) -> None:
    cloud = Cloud(GetBootstrapBrokers=answer)
    assert await brokers(cloud).kafka(signing_in(kind)) == found
    assert cloud.asked == [("kafka:GetBootstrapBrokers", {"ClusterArn": CLUSTER})]


async def test_what_mq_says() -> None:
    instances = [{"Endpoints": ["https://console", "amqps://b:5671"]}]
    cloud = Cloud(DescribeBroker={"EngineType": "RABBITMQ", "BrokerInstances": instances})
    assert await brokers(cloud).amqp(signing_in("BASIC_AUTH", BROKER)) == "amqps://b:5671"
    assert cloud.asked == [("mq:DescribeBroker", {"BrokerId": "b-1"})]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"EngineType": "ActiveMQ"}, "ActiveMQ brokers are not supported by Lambent yet: no client of theirs is"),
        ({"EngineType": "RABBITMQ"}, "has no endpoint that speaks AMQP."),
        (ApiError("NotFoundException", "no such broker"), "DescribeBroker was refused: NotFoundException: no such"),
    ],
)
async def test_brokers_that_cannot_be_read(answer: Any, text: str) -> None:
    with pytest.raises(SourceRefused, match=text):
        await brokers(Cloud(DescribeBroker=answer)).amqp(signing_in("BASIC_AUTH", BROKER))


async def test_clusters_without_a_way_in() -> None:
    with pytest.raises(SourceRefused, match="has no brokers for this way to sign in"):
        await brokers(Cloud(GetBootstrapBrokers={"BootstrapBrokerString": "p:1"})).kafka(
            signing_in("SASL_SCRAM_512_AUTH")
        )


async def test_secrets() -> None:
    cloud = Cloud(GetSecretValue={"SecretString": '{"username": "u"}'})
    found = await brokers(cloud).secrets(signing_in("BASIC_AUTH"), ["BASIC_AUTH", "SERVER_ROOT_CA_CERTIFICATE"])
    assert found == {"BASIC_AUTH": {"username": "u"}}
    assert cloud.asked == [("secretsmanager:GetSecretValue", {"SecretId": "s"})]
    cloud = Cloud(GetSecretValue={"SecretBinary": b'{"a": "b"}'})
    assert await brokers(cloud).secrets(signing_in("BASIC_AUTH"), ["BASIC_AUTH"]) == {"BASIC_AUTH": {"a": "b"}}
    for bad in ("text", "[]"):
        with pytest.raises(SourceRefused, match="The secret s does not hold a JSON object"):
            await brokers(Cloud(GetSecretValue={"SecretString": bad})).secrets(signing_in("BASIC_AUTH"), ["BASIC_AUTH"])
