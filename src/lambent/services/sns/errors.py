"""Everything that SNS says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def invalid(text: str) -> ApiError:
    """A parameter that makes no sense."""
    return ApiError("InvalidParameter", f"Invalid parameter: {text}", status=400)


def bad_value(text: str) -> ApiError:
    """A message attribute that makes no sense."""
    return ApiError("ParameterValueInvalid", text, status=400)


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return invalid(f"{option} Reason: not supported by Lambent: {why}")


def no_such_topic() -> ApiError:
    """The topic that is meant does not exist."""
    return ApiError("NotFound", "Topic does not exist", status=404)


def no_such_subscription() -> ApiError:
    """The subscription that is meant does not exist."""
    return ApiError("NotFound", "Subscription does not exist", status=404)


def no_such_resource() -> ApiError:
    """What is to be tagged does not exist."""
    return ApiError("ResourceNotFound", "Resource does not exist", status=404)


def bad_arn(parameter: str, arn: str) -> ApiError:
    """No ARN of the kind."""
    parts = len(arn.split(":"))
    if parts < 6:
        return invalid(f"{parameter} Reason: An ARN must have at least 6 elements, not {parts}")
    return invalid(parameter)


def bad_topic_name() -> ApiError:
    """A name of wrong shape."""
    return invalid("Topic Name")


def bad_fifo_name() -> ApiError:
    """FIFO topics end in .fifo."""
    return invalid(
        "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters,"
        " numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
    )


def topic_exists(what: str) -> ApiError:
    """A second topic of a name, with other `what` (Attributes, Tags)."""
    return invalid(f"{what} Reason: Topic already exists with different {what.lower()}")


def too_many_tags() -> ApiError:
    """More tags than a topic may have."""
    return ApiError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded", status=400)


def too_many_changes() -> ApiError:
    """Others were faster, again and again."""
    return ApiError("ConcurrentAccess", "The resource was changed by others at the same time; try again.", status=400)


def subscribed_otherwise() -> ApiError:
    """A second subscription of an endpoint, with other attributes."""
    return invalid("Attributes Reason: Subscription already exists with different attributes")


def bad_protocol(protocol: str) -> ApiError:
    """No protocol of SNS."""
    return invalid(f"Amazon SNS does not support this protocol string: {protocol}")


def not_for_fifo(protocol: str) -> ApiError:
    """FIFO topics deliver to queues only."""
    return invalid(f"Invalid protocol type: {protocol}")


def fifo_queue_of_standard_topic() -> ApiError:
    """Standard topics do not keep the order that a FIFO queue promises."""
    return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")


def bad_token() -> ApiError:
    """No token of ours, or one whose time is over."""
    return invalid("Token")


def denied(text: str) -> ApiError:
    """A caller who may not."""
    return ApiError("AuthorizationError", text, status=403)


def not_yours(operation: str) -> ApiError:
    """A subscription of others."""
    return denied(f"Not authorized to perform: SNS:{operation}: you own neither the subscription nor its topic")


def needs_signature() -> ApiError:
    """A subscription that only its owner may end."""
    return denied("Unsubscribe of this subscription requires authentication")


def no_group() -> ApiError:
    """FIFO messages belong to a group."""
    return invalid("The MessageGroupId parameter is required for FIFO topics")


def no_deduplication() -> ApiError:
    """A FIFO topic must know which messages are the same."""
    return invalid(
        "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )


def fifo_only(parameter: str) -> ApiError:
    """A parameter of FIFO topics."""
    return invalid(
        f"{parameter} Reason: The request includes {parameter} parameter that is not valid for this topic type"
    )


_OF_KMS = {
    "AccessDeniedException": "KMSAccessDenied",
    "DisabledException": "KMSDisabled",
    "NotFoundException": "KMSNotFound",
    "ThrottlingException": "KMSThrottling",
}


def of_kms(code: str, message: str) -> ApiError:
    """What KMS says of the topic's key."""
    return ApiError(_OF_KMS.get(code, "KMSInvalidState"), message, status=400)


def empty_batch() -> ApiError:
    """A batch of nothing."""
    return ApiError("EmptyBatchRequest", "The batch request doesn't contain any entries.", status=400)


def too_many_entries() -> ApiError:
    """A batch of more than ten."""
    return ApiError(
        "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.", status=400
    )


def repeated_id() -> ApiError:
    """Two entries with one id."""
    return ApiError(
        "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.", status=400
    )


def bad_entry_id(entry: str) -> ApiError:
    """An entry's id of wrong shape."""
    what = "is too long" if len(entry) > 80 else "contains an impermissible character"
    return ApiError("InvalidBatchEntryId", f"The Id of a batch entry in the batch request {what}: {entry}", status=400)


def batch_too_long() -> ApiError:
    """A batch beyond what a request may carry."""
    return ApiError(
        "BatchRequestTooLong", "The length of all the messages put together is more than the limit.", status=400
    )
