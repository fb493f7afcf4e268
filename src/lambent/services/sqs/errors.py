"""Everything that SQS says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def no_such_queue() -> ApiError:
    """The queue that is meant does not exist."""
    return ApiError("QueueDoesNotExist", "The specified queue does not exist.")


def queue_exists(attribute: str) -> ApiError:
    """A second queue of a name, with another attribute."""
    return ApiError(
        "QueueNameExists",
        f"A queue already exists with the same name and a different value for attribute {attribute}",
    )


def bad_name() -> ApiError:
    """A name of wrong shape."""
    return invalid(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    )


def fifo_name() -> ApiError:
    """FIFO queues end in .fifo."""
    return invalid(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores,"
        " must end with .fifo suffix and be 1 to 80 in length."
    )


def invalid(text: str) -> ApiError:
    """A parameter that makes no sense."""
    return ApiError("InvalidParameterValue", text, status=400)


def missing(parameter: str) -> ApiError:
    """A parameter that must be there."""
    return ApiError("MissingParameter", f"The request must contain the parameter {parameter}.", status=400)


def bad_attribute(name: str) -> ApiError:
    """No attribute of queues."""
    return ApiError("InvalidAttributeName", f"Unknown Attribute {name}.")


def bad_value(name: str, value: str | None = None) -> ApiError:
    """An attribute's value that makes no sense."""
    shown = "" if value is None else f" {value}"
    return ApiError("InvalidAttributeValue", f"Invalid value for the parameter {name}.{shown}")


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return ApiError("UnsupportedOperation", f"{option} is not supported by Lambent: {why}.")


def fifo_only(parameter: str) -> ApiError:
    """A parameter of FIFO queues."""
    return invalid(
        f"Value for parameter {parameter} is invalid. Reason: The request includes a parameter that is not valid for"
        " this queue type."
    )


def no_delay() -> ApiError:
    """Single messages of FIFO queues cannot be delayed."""
    return invalid(
        "Value for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this"
        " queue type."
    )


def no_deduplication() -> ApiError:
    """A FIFO queue must know which messages are the same."""
    return invalid(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )


def too_long(most: int) -> ApiError:
    """A message beyond the queue's size."""
    return invalid(f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.")


def batch_too_long(size: int, most: int) -> ApiError:
    """A batch beyond what a request may carry."""
    return ApiError(
        "BatchRequestTooLong",
        f"Batch requests cannot be longer than {most} bytes. You have sent {size} bytes.",
    )


def bad_characters() -> ApiError:
    """A body that XML could not hold."""
    return ApiError(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD"
        " | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    )


def empty_batch(entry: str) -> ApiError:
    """A batch of nothing."""
    return ApiError("EmptyBatchRequest", f"There should be at least one {entry} in the request.")


def too_many_entries(count: int, most: int) -> ApiError:
    """A batch of more than ten."""
    return ApiError(
        "TooManyEntriesInBatchRequest",
        f"Maximum number of entries per request are {most}. You have sent {count}.",
    )


def repeated_id(entry: str) -> ApiError:
    """Two entries with one id."""
    return ApiError("BatchEntryIdsNotDistinct", f"Id {entry} repeated.")


def bad_entry_id() -> ApiError:
    """An entry's id of wrong shape."""
    return ApiError(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80"
        " letters long.",
    )


_OF_KMS = {
    "AccessDeniedException": "KmsAccessDenied",
    "DisabledException": "KmsDisabled",
    "NotFoundException": "KmsNotFound",
    "ThrottlingException": "KmsThrottled",
    "InvalidKeyUsageException": "KmsInvalidKeyUsage",
}


def of_kms(code: str, message: str) -> ApiError:
    """What KMS says of the queue's key."""
    return ApiError(_OF_KMS.get(code, "KmsInvalidState"), message, status=400)


def bad_receipt(receipt: str) -> ApiError:
    """No receipt handle of ours."""
    return ApiError("ReceiptHandleIsInvalid", f'The input receipt handle "{receipt}" is not a valid receipt handle.')


def expired_receipt(receipt: str) -> ApiError:
    """A FIFO message that was received again, or may be."""
    return invalid(f"Value {receipt} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")


def not_in_flight(receipt: str) -> ApiError:
    """A message that nobody holds."""
    return invalid(
        f"Value {receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available"
        " for visibility timeout change."
    )


def over_limit(queue: str) -> ApiError:
    """Too many messages are held."""
    return ApiError("OverLimit", f"Too many messages in flight for queue {queue}.")


def purged_recently(queue: str) -> ApiError:
    """A purge a minute."""
    return ApiError("PurgeQueueInProgress", f"Only one PurgeQueue operation on {queue} is allowed every 60 seconds.")


def no_such_source(text: str) -> ApiError:
    """A redrive from a queue that is no dead-letter queue, or of a task that there is not."""
    return ApiError("ResourceNotFoundException", text)


def no_such_statement(label: str) -> ApiError:
    """A label that the policy does not have."""
    return invalid(f"Value {label} for parameter Label is invalid. Reason: can't find label.")


def statement_exists(label: str) -> ApiError:
    """A label that the policy has already."""
    return invalid(f"Value {label} for parameter Label is invalid. Reason: Already exists.")
