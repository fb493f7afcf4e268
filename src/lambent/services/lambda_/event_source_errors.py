"""Every text in which the operations on event source mappings refuse, as AWS prints it where that is known."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_.errors import conflict, invalid


def unrecognized() -> ApiError:
    """400: neither an ARN nor a self-managed source."""
    return invalid("Unrecognized event source.")


def unsupported_arn(arn: str) -> ApiError:
    """400: an ARN of a service that is no event source."""
    return invalid(
        "Unrecognized event source, must be kinesis, dynamodb stream, sqs, kafka, mq or documentdb. Unsupported source"
        f" arn : {arn}"
    )


def no_poller(kind: str) -> ApiError:
    """400: a source that nothing here can read."""
    return invalid(f"The event source {kind} is not supported by Lambent yet")


def two_sources() -> ApiError:
    """400: an ARN and a self-managed source."""
    return invalid("EventSourceArn and SelfManagedEventSource cannot be specified together.")


def other_region(arn: str) -> ApiError:
    """400: a source elsewhere."""
    return invalid(f"The event source must be in the same region as the function. Event source arn: {arn}")


def no_function() -> ApiError:
    """400: the function, version or alias is not there."""
    return invalid("Function does not exist")


def foreign(parameter: str) -> ApiError:
    """400: an option of other kinds of sources."""
    return invalid(f"Unsupported {parameter} parameter for given event source mapping type.")


def needed(parameter: str, kind: str) -> ApiError:
    """400: an option without which such a source cannot be read."""
    return invalid(f"{parameter} is required for {kind} event source mappings.")


def position_needed() -> ApiError:
    """400: a stream without a starting position."""
    return invalid(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be"
        " null."
    )


def position_unsupported(source: str) -> ApiError:
    """400: AT_TIMESTAMP for a source that cannot."""
    return invalid(f"Unsupported starting position for arn type: {source}")


def timestamp_needed() -> ApiError:
    """400: AT_TIMESTAMP without one."""
    return invalid("StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.")


def timestamp_alone() -> ApiError:
    """400: a timestamp with another position."""
    return invalid("StartingPositionTimestamp can only be specified when StartingPosition is AT_TIMESTAMP.")


def timestamp_in_future() -> ApiError:
    """400: nothing can have been written then."""
    return invalid("StartingPositionTimestamp cannot be in the future.")


def window_needed() -> ApiError:
    """400: large batches of a queue take time."""
    return invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")


def fifo_batch() -> ApiError:
    """400: order and large batches do not go together."""
    return invalid("Maximum batch size must be less than or equal to 10 for FIFO queues.")


def fifo_window() -> ApiError:
    """400: a queue with order is not made to wait."""
    return invalid("Batching window is not supported for FIFO queues.")


def bad_filter() -> ApiError:
    """400: a pattern that is none."""
    return invalid("Invalid filter pattern definition.")


def too_many_filters(most: int) -> ApiError:
    """400: more filters than a mapping may have."""
    return invalid(f"The number of filters exceeds the limit of {most}.")


def record_age() -> ApiError:
    """400: the model's range has a hole."""
    return invalid("MaximumRecordAgeInSeconds must be -1, or between 60 and 604800.")


def poller_range(least: int, most: int) -> ApiError:
    """400: pollers out of range, or the wrong way round."""
    return invalid(
        f"MinimumPollers must be between {least} and 200, and MaximumPollers between MinimumPollers and {most}."
    )


def pollers_and_concurrency() -> ApiError:
    """400: two limits for one thing."""
    return invalid("ScalingConfig.MaximumConcurrency and ProvisionedPollerConfig cannot be used together.")


def only_provisioned(parameter: str) -> ApiError:
    """400: error handling that Kafka has with provisioned pollers alone."""
    return invalid(f"{parameter} for Kafka event sources requires ProvisionedPollerConfig.")


def bad_destination(arn: str) -> ApiError:
    """400: records of failures cannot go there."""
    return invalid(
        f"The destination must be an SQS queue, an SNS topic or an S3 bucket. Unsupported destination: {arn}"
    )


def access_type(name: str, kind: str) -> ApiError:
    """400: a way to sign in that the source does not have."""
    return invalid(f"Unsupported SourceAccessConfiguration type {name} for {kind} event source mappings.")


def access_unserved(name: str, why: str) -> ApiError:
    """400: a way to sign in that Lambent does not have."""
    return invalid(f"The SourceAccessConfiguration type {name} is not supported by Lambent yet: {why}")


def group_stays() -> ApiError:
    """400: the consumer group of a mapping is what it was made with."""
    return invalid("ConsumerGroupId cannot be updated.")


def same_topic(topic: str) -> ApiError:
    """400: failures would be read again as records."""
    return invalid(f"The on-failure destination kafka://{topic} is the topic that the mapping reads.")


def exists(source: str, function_name: str, uuid: str) -> ApiError:
    """409: the same source feeds the same function already."""
    return conflict(
        f'The event source arn (" {source} ") and function (" {function_name} ") provided mapping already exists.'
        f" Please update or delete the existing mapping with UUID {uuid}"
    )


def in_use(verb: str) -> ApiError:
    """400: the last change has not ended. `verb`: update, delete."""
    return ApiError(
        "ResourceInUseException",
        f"Cannot {verb} the event source mapping because it is in use.",
        fields={"Type": "User"},
    )


def source_refused(text: str) -> ApiError:
    """400: what the source's service says, or what it has that does not fit."""
    return invalid(text)
