"""Every text in which Lambda's API refuses, as AWS prints it. One function per refusal, no logic.

Those of concurrency, of layers and of policies have modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from lambent.model.errors import ApiError


def invalid(message: str) -> ApiError:
    """400 InvalidParameterValueException."""
    return ApiError("InvalidParameterValueException", message, fields={"Type": "User"})


def validation(value: str, member: str, constraint: str) -> ApiError:
    """400 ValidationException: one value that breaks one constraint, in the words of the model's own checks."""
    return ApiError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )


def conflict(message: str) -> ApiError:
    """409 ResourceConflictException."""
    return ApiError("ResourceConflictException", message, fields={"Type": "User"})


def missing(message: str) -> ApiError:
    """404 ResourceNotFoundException."""
    return ApiError("ResourceNotFoundException", message, fields={"Type": "User"})


def unsupported(what: str) -> ApiError:
    """An option that AWS has and Lambent (still) has not: never stored, never ignored."""
    return invalid(f"{what} is not supported by Lambent yet")


def function_not_found(arn: str) -> ApiError:
    """404; `arn` with the qualifier that was asked for."""
    return missing(f"Function not found: {arn}")


def other_region(asked: str, here: str) -> ApiError:
    """404 for an ARN of another region."""
    message = f"Functions from '{asked}' are not reachable in this region ('{here}')"
    return missing(message)


def other_account(user: str, action: str, arn: str) -> ApiError:
    """403 for an ARN of another account."""
    message = (
        f"User: {user} is not authorized to perform: lambda:{action} on resource: {arn}"
        f" because no resource-based policy allows the lambda:{action} action"
    )
    return ApiError("AccessDeniedException", message, status=403)


def function_exists(name: str) -> ApiError:
    """409 for a second CreateFunction."""
    return conflict(f"Function already exist: {name}")


def name_too_long(name: str, longest: int) -> ApiError:
    """400 for a bare name longer than functions may have."""
    return validation(name, "functionName", f"Member must have length less than or equal to {longest}")


def qualifier_mismatch() -> ApiError:
    """400: the name says one qualifier, the parameter another."""
    return invalid("The derived qualifier from the function name does not match the specified qualifier.")


def function_only() -> ApiError:
    """400: the operation acts on a whole function, and a version or alias was named."""
    return invalid(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation."
        " Please specify either a function name or an unqualified function ARN."
    )


def latest_alone() -> ApiError:
    """400 for deleting `$LATEST` by itself."""
    return invalid("$LATEST version cannot be deleted without deleting the function.")


def alias_deletion() -> ApiError:
    """400 for DeleteFunction with an alias as its qualifier."""
    return invalid("Deletion of aliases is not currently supported.")


def no_source() -> ApiError:
    """400: no code was given."""
    return invalid("Please provide a source for function code.")


def two_sources() -> ApiError:
    """400: code in the request, and code in S3."""
    return invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")


def not_read_from_s3(code: str, message: str) -> ApiError:
    """400: S3 did not give the package."""
    return invalid(f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}")


def runtime_and_handler() -> ApiError:
    """400: a zip function needs both."""
    return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")


def not_a_zip() -> ApiError:
    """400: the package cannot be read."""
    return invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")


def empty_zip() -> ApiError:
    """400: the package holds nothing."""
    return invalid("Uploaded file must be a non-empty zip")


def unzipped_too_large(limit: int) -> ApiError:
    """400: the package unpacks to more than `limit` bytes."""
    return invalid(f"Unzipped size must be smaller than {limit} bytes")


def runtime_unknown(name: str, known: Iterable[str]) -> ApiError:
    """400: AWS has no such runtime."""
    return invalid(
        f"Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set:"
        f" [{', '.join(known)}] or be a valid ARN"
    )


def runtime_retired(name: str) -> ApiError:
    """400: AWS had that runtime once."""
    return invalid(
        f"The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions."
        " We recommend you use a supported runtime while creating or updating functions."
    )


def runtime_version_needed() -> ApiError:
    """400: Manual without saying which build."""
    return invalid("RuntimeVersionArn must be provided when UpdateRuntimeOn is set to Manual.")


def runtime_version_for_manual() -> ApiError:
    """400: a build is named, but not to be kept."""
    return invalid("RuntimeVersionArn can only be provided when UpdateRuntimeOn is set to Manual.")


def runtime_version_unknown(arn: str) -> ApiError:
    """400: a build that is not on this machine, or not of the function's runtime."""
    return invalid(f"The runtime version {arn} is not on this machine. GetFunctionConfiguration tells which one is.")


def runtime_is_pinned() -> ApiError:
    """400: a build of one runtime cannot run another."""
    return invalid(
        "The runtime of a function whose UpdateRuntimeOn is Manual cannot be changed. Set it to Auto or FunctionUpdate"
        " first (PutRuntimeManagementConfig)."
    )


def runtime_version_gone() -> ApiError:
    """409: the build that the function is pinned to is not on this machine any more."""
    message = (
        "The runtime version used by your function is no longer available. Update your function to use an available"
        " runtime version or runtime alias."
    )
    return ApiError("RuntimeVersionDeletedException", message, fields={"Type": "User"})


def no_aliases(arn: str) -> ApiError:
    """400: the operation acts on versions, and an alias was named."""
    return invalid(f"The provided function name {arn} is invalid. Aliases are not allowed.")


def recursive() -> ApiError:
    """400: the sixteenth turn of a loop."""
    message = (
        "Lambda has detected your function being invoked in a recursive loop and stopped your function's invocation."
    )
    return ApiError("RecursiveInvocationException", message, fields={"Type": "User"})


def code_storage_exceeded() -> ApiError:
    """400: more code than an account may keep in a region."""
    return ApiError("CodeStorageExceededException", "Code storage limit exceeded.", fields={"Type": "User"})


def over_quota(member: str, most: int) -> ApiError:
    """400: the model allows the figure, the service does not."""
    return invalid(
        f"'{member}' value failed to satisfy constraint: Member must have value less than or equal to {most}"
    )


def environment_too_large(measured: str) -> ApiError:
    """400: the variables are longer than 4 KB as JSON (`measured`)."""
    return invalid(
        "Lambda was unable to configure your environment variables because the environment variables you have"
        f" provided exceeded the 4KB limit. String measured: {measured}"
    )


def environment_reserved(keys: Iterable[str]) -> ApiError:
    """400: the variables contain some of Lambda's own."""
    return invalid(
        "Lambda was unable to configure your environment variables because the environment variables you have"
        " provided contains reserved keys that are currently not supported for modification. Reserved keys used in"
        f" this request: {', '.join(keys)}"
    )


def half_a_network() -> ApiError:
    """400: subnets without security groups, or the other way round."""
    return invalid("SecurityGroupIds and SubnetIds must be specified together.")


def file_system_without_network() -> ApiError:
    """400: EFS is reached through a VPC."""
    return invalid("An EFS file system can only be connected to a function that is connected to a VPC.")


def levels_need_json() -> ApiError:
    """400: log levels with the text format."""
    return invalid("ApplicationLogLevel and SystemLogLevel can only be set when LogFormat is JSON.")


def too_many_tags(most: int) -> ApiError:
    """400: more tags than a resource may have."""
    return invalid(f"Number of tags exceeds resource tag limit of {most}.")


def no_tags() -> ApiError:
    """400: TagResource without any."""
    return invalid("An error occurred and the request cannot be processed.")


def tags_of_versions() -> ApiError:
    """400: only a function as a whole has tags."""
    return invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")


def system_tag() -> ApiError:
    """400: a tag key that AWS keeps for itself."""
    return invalid("System tags cannot be added/updated by requester")


def revision_mismatch(api: str = "GetFunction/GetAlias") -> ApiError:
    """412: the caller has not seen the latest change; `api` would show it."""
    message = (
        "The Revision Id provided does not match the latest Revision Id."
        f" Call the {api} API to retrieve the latest Revision Id"
    )
    return ApiError("PreconditionFailedException", message, fields={"Type": "User"})


def alias_exists(arn: str) -> ApiError:
    """409 for a second CreateAlias."""
    return conflict(f"Alias already exists: {arn}")


def alias_not_found(arn: str) -> ApiError:
    """404 of GetAlias, and of whatever acts on an alias as a resource."""
    return missing(f"Cannot find alias arn: {arn}")


def alias_unknown(arn: str) -> ApiError:
    """404 of UpdateAlias."""
    return missing(f"Alias not found: {arn}")


def too_many_weights() -> ApiError:
    """400: an alias routes to one version besides its own."""
    return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")


def version_twice(version: str) -> ApiError:
    """400: the additional version is the alias's own."""
    return invalid(
        f"Invalid function version {version}. Function version {version} is already included in routing configuration."
    )


def latest_with_weights() -> ApiError:
    """400: `$LATEST` cannot share its invocations."""
    return invalid("$LATEST is not supported for an alias pointing to more than 1 version")


def role_not_assumable() -> ApiError:
    """400: an execution role that does not exist, or does not trust Lambda."""
    return invalid("The role defined for the function cannot be assumed by Lambda.")


def different_roles() -> ApiError:
    """400: the two versions of an alias have different roles."""
    return invalid("Specified versions must be associated with the same execution role")


def different_dead_letters() -> ApiError:
    """400: the two versions of an alias have different dead-letter queues."""
    return invalid("Specified versions must be associated with the same dead-letter queue configuration")


def version_in_use(aliases: Iterable[str]) -> ApiError:
    """409: a version that aliases point to stays."""
    return conflict(f"Unable to delete version because the following aliases reference it: [{', '.join(aliases)}]")


def not_there() -> ApiError:
    """404 of what is not a function: a layer version, a policy."""
    return missing("The resource you requested does not exist.")


def code_mismatch(given: str, latest: str) -> ApiError:
    """400: PublishVersion for code that is not the code of `$LATEST`."""
    return invalid(
        f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({latest})."
        " Please try again with the CodeSHA256 in $LATEST."
    )


def in_state(state: str) -> ApiError:
    """409: the function is not in a state for this."""
    return conflict(
        f"The operation cannot be performed at this time. The function is currently in the following state: {state}"
    )


def update_in_progress(arn: str) -> ApiError:
    """409: another update has not ended (or won the race)."""
    return conflict(f"The operation cannot be performed at this time. An update is in progress for resource: {arn}")


def too_many_changes() -> ApiError:
    """409: others changed the resource as fast as this request tried to."""
    return conflict("The operation cannot be performed at this time. The resource is being changed; please try again.")


def bad_marker() -> ApiError:
    """400: a Marker that no listing gave out."""
    return invalid("The provided Marker is not valid.")


def bad_json(detail: str) -> ApiError:
    """400: the event is not JSON."""
    message = f"Could not parse request body into json: {detail}"
    return ApiError("InvalidRequestContentException", message, fields={"Type": "User"})


def bad_client_context() -> ApiError:
    """400: the client context is not base64 of JSON, or too long."""
    return ApiError(
        "InvalidRequestContentException",
        "Client context must be a valid Base64-encoded JSON object of at most 3583 bytes",
        fields={"Type": "User"},
    )


REQUEST_TOO_LARGE = "RequestEntityTooLargeException"
"""413 of Lambda's front end: not in the model, and what clients really receive."""


def too_large_text(limit: int, action: str) -> str:
    """What REQUEST_TOO_LARGE says; `limit` in bytes."""
    return f"Request must be smaller than {limit} bytes for the {action} operation"


SERVICE = "ServiceException"
"""Ours: of a streamed answer, which has its status already."""


def broke_off(request_id: str) -> str:
    """What SERVICE says; what went wrong is in the log, under the request id."""
    return f"Lambent failed internally. Its log tells why under request id {request_id}."
