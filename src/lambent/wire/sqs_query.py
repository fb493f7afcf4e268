"""The names that SQS used when it spoke the query protocol.

The installed model of SQS describes JSON only, yet old clients still send forms. This module lays the
old names over the shapes; it knows nothing but those names and the old error codes.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lambent.wire.shape import ErrorTrait, Traits

NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"

_LIST_NAMES = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
}

# A flattened map is named by the member that holds it: (name, name of the key, name of the value).
_MAP_NAMES = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}

OLD_CODES = {
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}


def with_old_names(shapes: Mapping[str, Traits]) -> dict[str, Traits]:
    """The same shapes, named and flattened as the query protocol had them."""
    return {name: _old(name, traits) for name, traits in shapes.items()}


def _old(name: str, traits: Traits) -> Traits:
    change = msgspec.structs.replace
    if traits.member and name in _LIST_NAMES:
        return change(traits, flattened=True, member=change(traits.member, location_name=_LIST_NAMES[name]))
    if traits.key and traits.value and name in _MAP_NAMES:
        _, key, value = _MAP_NAMES[name]
        return change(
            traits,
            flattened=True,
            key=change(traits.key, location_name=key),
            value=change(traits.value, location_name=value),
        )
    if traits.members:
        members = {
            member: change(ref, location_name=_MAP_NAMES[ref.shape][0]) if ref.shape in _MAP_NAMES else ref
            for member, ref in traits.members.items()
        }
        error = ErrorTrait(code=OLD_CODES[name]) if name in OLD_CODES else traits.error
        return change(traits, members=members, error=error)
    return traits
