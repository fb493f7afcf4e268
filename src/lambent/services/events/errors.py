"""Everything that EventBridge says no to, in its own words."""

from __future__ import annotations

from lambent.model.errors import ApiError


def invalid(text: str) -> ApiError:
    """A parameter that makes no sense."""
    return ApiError("ValidationException", text, status=400)


def unsupported(option: str, why: str) -> ApiError:
    """An option that Lambent does not have."""
    return invalid(f"{option} is not supported by Lambent: {why}.")


def no_such_bus(name: str) -> ApiError:
    """The bus that is meant does not exist."""
    return ApiError("ResourceNotFoundException", f"Event bus {name} does not exist.", status=400)


def bus_exists(name: str) -> ApiError:
    """A second bus of a name."""
    return ApiError("ResourceAlreadyExistsException", f"Event bus {name} already exists.", status=400)


def default_bus(verb: str) -> ApiError:
    """The default bus is there for good."""
    return invalid(f"Cannot {verb} event bus default.")


def bus_name() -> ApiError:
    """Names with a slash are of partners."""
    return invalid("Event bus name must not contain '/'.")


def bus_has_rules() -> ApiError:
    """A bus that is still used."""
    return invalid("Event bus has rules associated.")


def limit(what: str) -> ApiError:
    """One too many."""
    return ApiError("LimitExceededException", f"The requested resource exceeds the maximum number allowed: {what}.")


def no_such_rule(name: str, bus: str) -> ApiError:
    """The rule that is meant does not exist."""
    return ApiError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.", status=400)


def no_such_resource(arn: str) -> ApiError:
    """An ARN that means nothing."""
    return ApiError("ResourceNotFoundException", f"Resource {arn} does not exist.", status=400)


def nothing_to_do() -> ApiError:
    """A rule without an occasion."""
    return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")


def bad_pattern(why: str) -> ApiError:
    """What is no event pattern."""
    return ApiError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {why}", status=400)


def bad_schedule() -> ApiError:
    """What is no schedule."""
    return invalid("Parameter ScheduleExpression is not valid.")


def schedule_of_custom_bus() -> ApiError:
    """Schedules belong to the default bus."""
    return invalid("ScheduleExpression is supported only on the default event bus.")


def rule_has_targets() -> ApiError:
    """A rule that is still used."""
    return invalid("Rule can't be deleted since it has targets.")


def managed(rule: str, by: str) -> ApiError:
    """A rule that a service made."""
    return ApiError("ManagedRuleException", f"Rule {rule} is managed by {by} and cannot be changed.", status=400)


def too_many_changes() -> ApiError:
    """Others write the same again and again."""
    return ApiError("ConcurrentModificationException", "The resource was changed by others; try again.", status=400)


def bad_token() -> ApiError:
    """No token of ours."""
    return invalid("Invalid token.")


def bad_event() -> ApiError:
    """TestEventPattern wants an event."""
    return invalid("Parameter Event is not valid.")


def too_large() -> ApiError:
    """All entries together hold too much."""
    return invalid("Total size of the entries in the request is over the limit.")


def no_such_statement() -> ApiError:
    """The statement that is to be removed is not there."""
    return ApiError("ResourceNotFoundException", "Statement with the provided id does not exist.", status=400)


def no_policy() -> ApiError:
    """There is nothing to remove."""
    return ApiError("ResourceNotFoundException", "EventBus does not have a policy.", status=400)


def bad_action() -> ApiError:
    """Only one action can be given away like this."""
    return invalid("Provided value in parameter 'action' is not supported.")


def policy_too_long() -> ApiError:
    """A policy beyond its size."""
    return ApiError("PolicyLengthExceededException", "The event bus policy is too long.", status=400)


def bad_policy(why: str) -> ApiError:
    """What is no policy."""
    return invalid(f"The policy is not valid: {why}")


def parameter(name: str, why: str) -> ApiError:
    """A parameter that makes no sense, with the reason."""
    return invalid(f"Parameter {name} is not valid. Reason: {why}")


def one_input(target: str) -> ApiError:
    """Two ways to say what a target gets."""
    return invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {target}.")


def bad_input(target: str) -> ApiError:
    """An input that is no JSON."""
    return invalid(f"JSON syntax error in input for target {target}.")


def bad_path(target: str, path: str) -> ApiError:
    """An input path that leads nowhere ever."""
    return invalid(f"Invalid InputPath for target {target}: {path}.")


def bad_placeholder(target: str, name: str) -> ApiError:
    """A template with a variable that nobody sets."""
    return invalid(f"InputTemplate for target {target} contains invalid placeholder {name}.")


def bad_template(target: str) -> ApiError:
    """A template that cannot become JSON."""
    return invalid(f"Invalid InputTemplate for target {target}.")


def reserved_variable(target: str, name: str) -> ApiError:
    """A variable with a name that is EventBridge's."""
    return invalid(f"InputPathsMap for target {target} contains reserved name {name}.")


def group_missing(target: str) -> ApiError:
    """A FIFO queue needs a group."""
    return invalid(f"Parameter(s) SqsParameters must be specified for target: {target}.")


def group_unwanted(target: str) -> ApiError:
    """Only a FIFO queue has groups."""
    return invalid(f"Parameter(s) MessageGroupId is not valid for target: {target}.")


def role_missing(target: str, arn: str) -> ApiError:
    """A target that wants a role."""
    return invalid(f"RoleArn is required for target {target} ({arn}).")


def not_a_target(arn: str, why: str) -> ApiError:
    """A kind of target that Lambent does not serve."""
    return unsupported(f"The target {arn}", why)


def far_log_group() -> ApiError:
    """Logs are of the rule's own account and region."""
    return parameter("Arn", "The log group must be in the account and the region of the rule.")


def too_many_targets() -> ApiError:
    """A rule has so many targets."""
    return ApiError("LimitExceededException", "The requested resource exceeds the maximum number allowed.", status=400)


def no_such_target() -> tuple[str, str]:
    """Code and text of a target that is to be removed and is not there."""
    return "ResourceNotFoundException", "Rule does not have a target with the provided id."


def no_such_archive(name: str) -> ApiError:
    """The archive that is meant does not exist."""
    return ApiError("ResourceNotFoundException", f"Archive {name} does not exist.", status=400)


def archive_exists(name: str) -> ApiError:
    """A second archive of a name."""
    return ApiError("ResourceAlreadyExistsException", f"Archive {name} already exists.", status=400)


def no_such_replay(name: str) -> ApiError:
    """The replay that is meant does not exist."""
    return ApiError("ResourceNotFoundException", f"Replay {name} does not exist.", status=400)


def replay_exists(name: str) -> ApiError:
    """A second replay of a name."""
    return ApiError("ResourceAlreadyExistsException", f"Replay {name} already exists.", status=400)


def not_running(name: str) -> ApiError:
    """A replay that is over cannot be cancelled."""
    return ApiError("IllegalStatusException", f"Replay {name} is not in a valid state for this operation.", status=400)


def argument(name: str) -> ApiError:
    """An entry that lacks something."""
    return ApiError("InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument.")


def internal() -> ApiError:
    """An entry that we could not keep."""
    return ApiError("InternalFailure", "Exception: an internal failure occurred; try again.", status=500)


def malformed_detail() -> ApiError:
    """An entry whose detail is no JSON object."""
    return ApiError("MalformedDetail", "Detail is malformed.")


def not_authorized() -> ApiError:
    """An entry that says that it is of a service of AWS's."""
    return ApiError("NotAuthorizedForSourceException", "Not authorized for the source.")
