"""Everything that Pipes says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.events.delivery_errors import Untransformable


def no_such_pipe(name: str) -> ApiError:
    """There is no pipe of that name."""
    return ApiError("NotFoundException", f"Pipe {name} does not exist.")


def pipe_exists(name: str) -> ApiError:
    """There is a pipe of that name already."""
    return ApiError("ConflictException", f"Pipe {name} already exists.")


def busy(name: str, state: str) -> ApiError:
    """Something is being done about the pipe."""
    return ApiError("ConflictException", f"Pipe {name} is in state {state} and cannot be changed now.")


def changed_meanwhile(name: str) -> ApiError:
    """Somebody else changed it at the same time."""
    return ApiError("ConflictException", f"Pipe {name} was changed by another request at the same time.")


def quota(what: str, most: int) -> ApiError:
    """More than there may be."""
    return ApiError("ServiceQuotaExceededException", f"The number of {what} exceeds the quota of {most}.")


def role_not_assumable(role: str) -> ApiError:
    """The role does not trust Pipes."""
    return invalid(f"Unable to assume role {role}: it must allow pipes.amazonaws.com to assume it.")


def bad_filter(pattern: str) -> ApiError:
    """No event pattern."""
    return invalid(f"Invalid filter pattern specified: {pattern}")


def bad_path(path: str) -> ApiError:
    """No JSON path."""
    return invalid(f"Invalid JSON path: {path}")


def bad_variable(name: str) -> ApiError:
    """A template with a variable that nothing is known of."""
    return invalid(f"Invalid InputTemplate: <{name}> is no reserved variable.")


def wrong_parameters(where: str, member: str) -> ApiError:
    """Parameters of another kind of source or target."""
    return invalid(f"{where}.{member} is not supported for this pipe.")


def missing_parameters(member: str) -> ApiError:
    """A target that needs parameters."""
    return invalid(f"{member} is required for this target.")


def missing_source_parameters(member: str) -> ApiError:
    """A source that needs parameters."""
    return invalid(f"SourceParameters.{member} is required for this source.")


def batch_too_large(size: int, most: int, why: str) -> ApiError:
    """More records at once than somebody can take."""
    return invalid(f"BatchSize {size} is larger than {most}, the most {why}.")


def unsupported(what: str, why: str) -> ApiError:
    """What Lambent does not have."""
    return invalid(f"{what} is not supported by Lambent: {why}.")


def bad_token() -> ApiError:
    """A token that no listing gave."""
    return invalid("Invalid NextToken.")


def no_time(text: str) -> Untransformable:
    """What a record says in place of a time."""
    return Untransformable(f"{text!r} is no time.")


def no_milliseconds(text: str) -> Untransformable:
    """What a record says in place of a time in milliseconds."""
    return Untransformable(f"{text!r} is no number of milliseconds.")


def unreadable(source: str, why: str) -> str:
    """Why a pipe does not run: its source cannot be read."""
    return f"The source {source} cannot be read: {why}"[:512]


def invalid(text: str) -> ApiError:
    """Something that the model allows, and the service does not."""
    return ApiError("ValidationException", text)
