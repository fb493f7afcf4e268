"""Topics, subscriptions and messages as they are stored."""

from __future__ import annotations

import msgspec

from lambent.services.sns.records import Attribute, Confirmation, Notice, Parcel, Subscription, Topic


def test_they_survive_the_store() -> None:
    topic = Topic(name="t.fifo", account="1", region="r", created=1.0, attributes={"a": "true"})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(topic), type=Topic) == topic
    assert (topic.arn, topic.fifo, topic.says("a")) == ("arn:aws:sns:r:1:t.fifo", True, True)
    notice = Notice(id="i", topic="t", message="m", sent=1.0, variants={"sqs": "q"}, attributes={"a": Attribute("x")})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(notice), type=Notice) == notice
    assert (notice.text("sqs"), notice.text("lambda")) == ("q", "m")
    asked = Confirmation(id="i", kind="SubscriptionConfirmation", sent=1.0, token="t")
    for parcel in (Parcel(subscription="s", notice=b"n"), Parcel(subscription="s", confirmation=asked, dead=True)):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(parcel), type=Parcel) == parcel


def test_a_subscription_is_shown_while_it_is_or_may_become_one() -> None:
    def of(state: str) -> Subscription:
        return Subscription(id="i", topic="t", owner="1", protocol="http", endpoint="http://h", state=state, until=10.0)

    assert [of(state).shown_at(5.0) for state in ("confirmed", "pending", "cancelled")] == [True, True, False]
    assert [of(state).shown_at(10.0) for state in ("confirmed", "pending", "cancelled")] == [True, False, False]
