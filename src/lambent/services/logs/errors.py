"""Everything that CloudWatch Logs says no to, in its own words where they are known."""

from __future__ import annotations

from lambent.model.errors import ApiError


def invalid(text: str) -> ApiError:
    """A parameter that makes no sense."""
    return ApiError("InvalidParameterException", text)


def no_group() -> ApiError:
    """The log group that is meant does not exist."""
    return ApiError("ResourceNotFoundException", "The specified log group does not exist.")


def no_stream() -> ApiError:
    """The log stream that is meant does not exist."""
    return ApiError("ResourceNotFoundException", "The specified log stream does not exist.")


def gone(what: str) -> ApiError:
    """Something else that does not exist."""
    return ApiError("ResourceNotFoundException", f"The specified {what} does not exist.")


def exists(what: str) -> ApiError:
    """A second one of that name."""
    return ApiError("ResourceAlreadyExistsException", f"The specified {what} already exists")


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return invalid(f"{option} is not supported by Lambent: {why}.")


def over_limit(what: str) -> ApiError:
    """One more than there may be."""
    return ApiError("LimitExceededException", f"Resource limit exceeded: {what}.")


def busy() -> ApiError:
    """More comes than the disk takes."""
    return ApiError("ServiceUnavailableException", "The service cannot complete the request.", status=503)


def is_protected() -> ApiError:
    """A group that must not be deleted."""
    return ApiError(
        "ValidationException", "Deletion protection is enabled for the log group. Disable it before deleting the group."
    )


def both(first: str, second: str) -> ApiError:
    """Two parameters of which one is meant."""
    return invalid(f"{first} and {second} are mutually exclusive parameters.")


def one_group() -> ApiError:
    """Neither a name nor an identifier of a group, or both."""
    return invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")


def bad_token() -> ApiError:
    """No token of ours."""
    return invalid("The specified nextToken is invalid.")


def bad_pointer() -> ApiError:
    """No `@ptr` of ours."""
    return invalid("The specified logRecordPointer is invalid.")


def bad_pattern(why: str) -> ApiError:
    """No filter pattern."""
    return invalid(f"Invalid filter pattern: {why}.")


def not_drawn(what: str, selector: str) -> ApiError:
    """A metric filter wants what its pattern cannot give."""
    return invalid(f"The {what} {selector} names nothing that the filter pattern draws out of an event.")


def namespace_missing() -> ApiError:
    """A metric without its namespace."""
    return invalid("metricName must be used together with metricNamespace.")


def reserved_namespace(name: str) -> ApiError:
    """A namespace of AWS's own metrics."""
    return invalid(f"The metricNamespace {name} is reserved: namespaces that begin with AWS/ are for AWS's services.")


def unordered() -> ApiError:
    """Events that do not come one after another."""
    return invalid("Log events in a single PutLogEvents request must be in chronological order.")


def too_long() -> ApiError:
    """Events of more than a day."""
    return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")


def batch_too_large(size: int, most: int) -> ApiError:
    """More bytes than a request may bring."""
    return invalid(f"Upload too large: {size} bytes exceeds limit of {most}")


def event_too_large(size: int, most: int) -> ApiError:
    """More bytes than an event may have."""
    return invalid(f"Log event too large: {size} bytes exceeds limit of {most}")


def order_with_prefix() -> ApiError:
    """A listing that cannot be had."""
    return invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")


def bad_retention(days: int) -> ApiError:
    """A number of days that there is not."""
    return invalid(f"The retention period of {days} days is not one that log groups can have.")


def malformed_query(why: str) -> ApiError:
    """No query."""
    return ApiError("MalformedQueryException", f"Invalid query: {why}.")


def not_running() -> ApiError:
    """A query that has ended."""
    return invalid("Query has already ended.")


def not_executed() -> ApiError:
    """A function that does not exist, or that CloudWatch Logs may not call."""
    return invalid(
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your"
        " function."
    )


def role_for_function() -> ApiError:
    """Functions say themselves who may call them."""
    return invalid("destinationArn for vendor lambda cannot be used with roleArn")


def role_missing() -> ApiError:
    """A stream is written in somebody's name."""
    return invalid("destinationArn for vendor kinesis cannot be used without roleArn")


def role_not_assumable(role: str) -> ApiError:
    """The role does not exist, or does not trust CloudWatch Logs."""
    return invalid(f"The role {role} does not let CloudWatch Logs assume it.")


def not_tested(why: str) -> ApiError:
    """A stream that cannot be written."""
    return invalid(
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE"
        f" state. {why}"
    )


def other_revision() -> ApiError:
    """Somebody else has changed it."""
    return ApiError("OperationAbortedException", "The resource policy has another revision.")


def too_many_tags(most: int) -> ApiError:
    """More tags than a resource may have."""
    return ApiError("TooManyTagsException", f"A log group can have at most {most} tags.")
