"""Everything that CloudWatch says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def invalid(text: str) -> ApiError:
    """A parameter that makes no sense."""
    return ApiError("InvalidParameterValueException", text, status=400)


def combination(text: str) -> ApiError:
    """Parameters that do not go together."""
    return ApiError("InvalidParameterCombinationException", text, status=400)


def missing(text: str) -> ApiError:
    """A parameter that must be there."""
    return ApiError("MissingRequiredParameterException", text, status=400)


def validation(text: str) -> ApiError:
    """What alarms and queries say of a wrong value."""
    return ApiError("ValidationException", text, status=400)


def reserved_namespace(namespace: str) -> ApiError:
    """`AWS/` is AWS's own."""
    return invalid(
        f"The value {namespace} for parameter Namespace is invalid. Namespaces that begin with AWS/ are reserved."
    )


def bad_value(place: str, why: str) -> ApiError:
    """A value, or its time, that cannot be taken."""
    return invalid(f"The parameter {place} {why}.")


def too_many_points(asked: str, most: str) -> ApiError:
    """More datapoints than one answer holds."""
    return combination(
        f"You have requested up to {asked} datapoints, which exceeds the limit of {most}. You may reduce the"
        " datapoints requested by increasing Period, or decreasing the time range."
    )


def bad_period(place: str = "Period") -> ApiError:
    """No period of CloudWatch's."""
    return invalid(f"The parameter {place} must be 1, 5, 10, 20, 30, or a multiple of 60.")


def bad_statistic(name: str) -> ApiError:
    """No statistic of CloudWatch's."""
    return invalid(f"The value {name} for parameter Stat is not supported.")


def bad_query(id_: str, why: str) -> ApiError:
    """One query of GetMetricData, or of an alarm, that cannot be answered."""
    return validation(f"Error in expression '{id_}': {why}")


def bad_token() -> ApiError:
    """No token that we gave."""
    return ApiError("InvalidNextToken", "The next token specified is invalid.", status=400)


def no_such_alarm(name: str) -> ApiError:
    """An alarm that there is not."""
    return ApiError("ResourceNotFound", f"Unknown alarm {name}.", status=404)


def no_such_resource(arn: str) -> ApiError:
    """What is tagged and is not there."""
    return ApiError("ResourceNotFoundException", f"Unknown resource {arn}.", status=404)


def no_such_dashboard(name: str) -> ApiError:
    """A dashboard that there is not."""
    return ApiError("DashboardNotFoundError", f"Dashboard {name} does not exist", status=404)


def bad_dashboard(why: str, path: str = "/") -> ApiError:
    """A body that is no dashboard; `path` is where."""
    return ApiError(
        "DashboardInvalidInputError",
        "The field DashboardBody must be a valid JSON object",
        status=400,
        fields={"dashboardValidationMessages": [{"DataPath": path, "Message": why}]},
    )


def bad_rule(why: str) -> ApiError:
    """The rule of a composite alarm that is none."""
    return validation(f"AlarmRule is invalid: {why}")


def unsupported(option: str, why: str) -> ApiError:
    """What Lambent does not have."""
    return invalid(f"{option} is not supported by Lambent: {why}.")


def in_use(name: str, by: str) -> ApiError:
    """An alarm that a composite alarm looks at."""
    return validation(f"Cannot delete {name} as it is used by the composite alarm {by}")
