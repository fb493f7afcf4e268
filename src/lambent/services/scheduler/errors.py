"""Everything that the Scheduler says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def no_such_schedule(name: str) -> ApiError:
    """The group has no schedule of that name."""
    return ApiError("ResourceNotFoundException", f"Schedule {name} does not exist.")


def no_such_group(name: str) -> ApiError:
    """There is no group of that name."""
    return ApiError("ResourceNotFoundException", f"Schedule group {name} does not exist.")


def schedule_exists(name: str) -> ApiError:
    """The group has a schedule of that name already."""
    return ApiError("ConflictException", f"Schedule {name} already exists.")


def group_exists(name: str) -> ApiError:
    """There is a group of that name already."""
    return ApiError("ConflictException", f"Schedule group {name} already exists.")


def group_deleting(name: str) -> ApiError:
    """The group is about to go."""
    return ApiError("ConflictException", f"Schedule group {name} is being deleted.")


def default_group() -> ApiError:
    """The default group stays."""
    return invalid("The default schedule group cannot be deleted.")


def bad_expression(text: str) -> ApiError:
    """No schedule expression."""
    return invalid(f"Invalid Schedule Expression {text}.")


def bad_zone(name: str) -> ApiError:
    """No time zone."""
    return invalid(f"Invalid ScheduleExpressionTimezone {name}.")


def early_start() -> ApiError:
    """A start date that is past."""
    return invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")


def early_end() -> ApiError:
    """An end date that is past."""
    return invalid("The EndDate you specify must come after the current time.")


def end_before_start() -> ApiError:
    """Dates in the wrong order."""
    return invalid("The StartDate you specify must come before the EndDate.")


def window_without_size() -> ApiError:
    """A flexible window of no size."""
    return invalid("MaximumWindowInMinutes must be provided when the FlexibleTimeWindow Mode is FLEXIBLE.")


def size_without_window() -> ApiError:
    """The size of no window."""
    return invalid("MaximumWindowInMinutes must not be provided when the FlexibleTimeWindow Mode is OFF.")


def role_not_assumable() -> ApiError:
    """The role does not trust the Scheduler."""
    return invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def bad_target_arn() -> ApiError:
    """The target is no ARN of a target."""
    return invalid("Provided Arn is not in correct format.")


def wrong_parameters(member: str) -> ApiError:
    """Parameters of another kind of target."""
    return invalid(f"{member} is not supported for this target.")


def missing_parameters(member: str) -> ApiError:
    """A target that needs parameters."""
    return invalid(f"{member} is required for this target.")


def bad_input(why: str) -> ApiError:
    """What the target is to get is nothing that it can take."""
    return invalid(f"Invalid RequestJson provided. Reason: {why}")


def unknown_action(arn: str) -> ApiError:
    """A universal target of no API that there is."""
    return invalid(f"{arn} does not name an API action of an AWS service.")


def read_only_action(arn: str) -> ApiError:
    """A universal target that reads."""
    return invalid(f"{arn} is a read-only API action, which a schedule cannot call.")


def bad_dead_letter_queue() -> ApiError:
    """Dead letters go to a standard queue."""
    return invalid("A dead-letter queue must be a standard queue.")


def unsupported(what: str, why: str) -> ApiError:
    """What Lambent does not have."""
    return invalid(f"{what} is not supported by Lambent: {why}.")


def platform_failed() -> ApiError:
    """What a dead letter says when the fault is ours."""
    return ApiError("InternalServerException", "The platform failed.", status=500)


def bad_token() -> ApiError:
    """A token that no listing gave."""
    return invalid("Invalid NextToken.")


def changed_meanwhile(name: str) -> ApiError:
    """Somebody else changed it at the same time."""
    return ApiError("ConflictException", f"{name} was changed by another request at the same time.")


def quota(what: str, most: int) -> ApiError:
    """More than there may be."""
    return ApiError("ServiceQuotaExceededException", f"The number of {what} exceeds the quota of {most}.")


def invalid(text: str) -> ApiError:
    """Something that the model allows, and the service does not."""
    return ApiError("ValidationException", text)
