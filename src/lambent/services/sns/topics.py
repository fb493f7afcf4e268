"""Topics: made, found, changed, tagged, deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.operation import Params, Result, operation
from lambent.services.sns import errors, limits, topic_attributes, unsupported
from lambent.services.sns.audience import Audience
from lambent.services.sns.desk import Desk
from lambent.services.sns.names import TopicName, check_topic_name, page_token, position_of, topic_of
from lambent.services.sns.records import Topic
from lambent.store.base import Conflict


class Topics:
    """CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes, TagResource, UntagResource,
    ListTagsForResource."""

    def __init__(self, desk: Desk, audience: Audience) -> None:
        self._desk = desk
        self._audience = audience

    @operation("CreateTopic")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Make a topic; one that is there already with the same attributes and tags will do."""
        if params.get("DataProtectionPolicy"):
            raise errors.unsupported("DataProtectionPolicy", unsupported.DATA_PROTECTION)
        name, given = params["Name"], params.get("Attributes", {})
        check_topic_name(name, fifo=given.get("FifoTopic") == "true")
        checked = topic_attributes.checked(given, fifo=name.endswith(".fifo"), prefix="Attributes Reason: ")
        checked.pop("FifoTopic", None)
        tags = _tags(params.get("Tags", ()))
        topic = Topic(
            name=name,
            account=ctx.account,
            region=ctx.region,
            created=ctx.clock.now(),
            attributes=checked,
            tags=_limited(tags),
        )
        try:
            await self._desk.repository.put_topic(topic)
        except Conflict:
            existing = await self._desk.topic(ctx, topic.arn)
            if any(topic_attributes.value(existing, key) != value for key, value in checked.items()):
                raise errors.topic_exists("Attributes") from None
            if tags and tags != existing.tags:
                raise errors.topic_exists("Tags") from None
        return {"TopicArn": topic.arn}

    @operation("DeleteTopic")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Delete a topic with its subscriptions, if it is there."""
        name = topic_of(params["TopicArn"])
        if name.place.region != ctx.region:
            raise errors.invalid("TopicArn")
        await self._desk.repository.drop_topic(name)
        return {}

    @operation("ListTopics")
    async def list_topics(self, ctx: Context, params: Params) -> Result:
        """A page of topics."""
        after = position_of(params.get("NextToken"))
        found = await self._desk.repository.topics(Place(ctx.account, ctx.region), after=after, limit=limits.PAGE + 1)
        page = found[: limits.PAGE]
        result = {"Topics": [{"TopicArn": topic.arn} for topic in page]}
        return result if len(found) == len(page) else {**result, "NextToken": page_token(page[-1].name)}

    @operation("GetTopicAttributes")
    async def get_attributes(self, ctx: Context, params: Params) -> Result:
        """What a topic is like, and how many listen."""
        topic = await self._desk.topic(ctx, params["TopicArn"])
        members = (await self._audience.of(topic.arn)).values()
        states = [member.subscription.state for member in members]
        counts = [states.count(state) for state in ("confirmed", "pending", "cancelled")]
        return {"Attributes": topic_attributes.shown(topic, *counts)}

    @operation("SetTopicAttributes")
    async def set_attributes(self, ctx: Context, params: Params) -> Result:
        """Change one attribute of a topic."""
        name, value = params["AttributeName"], params.get("AttributeValue", "")
        if name == "FifoTopic":
            raise errors.invalid("AttributeName")

        def change(topic: Topic) -> Topic:
            checked = topic_attributes.checked({name: value}, fifo=topic.fifo, prefix="")
            others = {key: other for key, other in topic.attributes.items() if key != name}
            return msgspec.structs.replace(topic, attributes=others | checked)

        await self._desk.change(ctx, params["TopicArn"], change)
        return {}

    @operation("TagResource")
    async def tag(self, ctx: Context, params: Params) -> Result:
        """Add tags to a topic."""
        added = _tags(params["Tags"])
        return await self._retag(ctx, params, lambda tags: _limited({**tags, **added}))

    @operation("UntagResource")
    async def untag(self, ctx: Context, params: Params) -> Result:
        """Take tags from a topic."""
        gone = frozenset(params["TagKeys"])
        return await self._retag(ctx, params, lambda tags: {k: v for k, v in tags.items() if k not in gone})

    @operation("ListTagsForResource")
    async def list_tags(self, ctx: Context, params: Params) -> Result:
        """A topic's tags."""
        topic = await self._desk.repository.topic(_tagged(ctx, params))
        if topic is None:
            raise errors.no_such_resource()
        return {"Tags": [{"Key": key, "Value": value} for key, value in topic.tags.items()]}

    async def _retag(self, ctx: Context, params: Params, change: Callable[[dict[str, str]], dict[str, str]]) -> Result:
        name = _tagged(ctx, params)
        if await self._desk.repository.topic(name) is None:
            raise errors.no_such_resource()
        await self._desk.change(ctx, name.arn, lambda topic: msgspec.structs.replace(topic, tags=change(topic.tags)))
        return {}


def _tagged(ctx: Context, params: Params) -> TopicName:
    name = topic_of(params["ResourceArn"], "ResourceArn")
    if name.place.region != ctx.region:
        raise errors.invalid("ResourceArn")
    return name


def _tags(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in given}


def _limited(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > limits.TAGS:
        raise errors.too_many_tags()
    return tags
