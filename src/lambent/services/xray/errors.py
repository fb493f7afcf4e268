"""Everything that X-Ray says no to."""

from __future__ import annotations

from lambent.model.errors import ApiError


def invalid(text: str) -> ApiError:
    """A request that makes no sense."""
    return ApiError("InvalidRequestException", text, status=400)


def bad_filter(why: str) -> ApiError:
    """A filter expression that cannot be read."""
    return invalid(f"Invalid filter expression: {why}")


def too_long() -> ApiError:
    """A range of time beyond what one question covers."""
    return invalid("The time range cannot be longer than 6 hours.")


def no_such_group(name: str) -> ApiError:
    """A group that there is not."""
    return invalid(f"Group with name {name} does not exist.")


def group_exists(name: str) -> ApiError:
    """A second group of a name."""
    return invalid(f"Group with name {name} already exists.")


def no_such_rule(name: str) -> ApiError:
    """A sampling rule that there is not."""
    return invalid(f"Sampling rule {name} does not exist.")


def rule_exists(name: str) -> ApiError:
    """A second sampling rule of a name."""
    return invalid(f"Sampling rule {name} already exists.")


def default_rule(what: str) -> ApiError:
    """What cannot be done to the rule that is always there."""
    return invalid(f"The Default rule cannot be {what}.")


def too_many_rules(most: int | str) -> ApiError:
    """More sampling rules than there may be."""
    return ApiError("RuleLimitExceededException", f"There may be at most {most} sampling rules.", status=400)


def no_such_resource(arn: str) -> ApiError:
    """What is tagged and is not there."""
    return ApiError("ResourceNotFoundException", f"{arn} does not exist.", status=404, fields={"ResourceName": arn})


def unsupported(option: str, why: str) -> ApiError:
    """What Lambent does not have."""
    return invalid(f"{option} is not supported by Lambent: {why}.")
