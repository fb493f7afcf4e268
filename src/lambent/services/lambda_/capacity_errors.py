"""Every text in which capacity providers and functions on managed instances are refused."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors


def exists(arn: str) -> ApiError:
    """409 for a second CreateCapacityProvider."""
    return errors.conflict(f"Capacity provider already exists: {arn}")


def policy_needed() -> ApiError:
    """400: by hand, but by what?"""
    return errors.invalid("ScalingPolicies must be provided when ScalingMode is Manual.")


def policies_with_auto() -> ApiError:
    """400: by itself, and by a policy."""
    return errors.invalid("ScalingPolicies can only be provided when ScalingMode is Manual.")


def metric_twice(metric: str) -> ApiError:
    """400: two targets for one thing."""
    return errors.invalid(f"ScalingPolicies must not contain {metric} more than once.")


def metric_unserved(metric: str) -> ApiError:
    """400: what is not there cannot be measured."""
    return errors.unsupported(f"ScalingPolicies with {metric} (there are no accelerators)")


def not_found(arn: str) -> ApiError:
    """404."""
    return errors.missing(f"Capacity provider not found: {arn}")


def in_use(arn: str, versions: int) -> ApiError:
    """409: function versions would lose what they run on."""
    return errors.conflict(f"Capacity provider {arn} cannot be deleted: {versions} function version(s) use it.")


def too_many(most: int) -> ApiError:
    """400: more capacity providers than an account may have in a region."""
    message = f"The maximum number of capacity providers ({most}) for your account has been reached."
    return ApiError("CapacityProviderLimitExceededException", message, fields={"Type": "User"})


def too_many_versions(most: int) -> ApiError:
    """400: more function versions than a capacity provider may have."""
    message = f"The maximum number of function versions ({most}) for the capacity provider has been reached."
    return ApiError("FunctionVersionsPerCapacityProviderLimitExceededException", message, fields={"Type": "User"})


def name_invalid(name: str, longest: int) -> ApiError:
    """400: longer than a bare name may be."""
    return errors.validation(name, "capacityProviderName", f"Member must have length less than or equal to {longest}")


def memory_too_small(least: int) -> ApiError:
    """400: an environment that many invocations share needs more."""
    return errors.invalid(
        f"MemorySize must be greater than or equal to {least} MB for functions with a capacity provider."
    )


def less_than_a_processor(memory_mb: int, ratio: float) -> ApiError:
    """400: the memory does not make up a whole vCPU."""
    return errors.invalid(
        f"MemorySize {memory_mb} MB with ExecutionEnvironmentMemoryGiBPerVCpu {ratio} is less than one vCPU. Increase"
        " MemorySize or decrease ExecutionEnvironmentMemoryGiBPerVCpu."
    )


def too_concurrent(most: int, per_vcpu: int) -> ApiError:
    """400: more invocations in one environment than its processors may have."""
    return errors.invalid(
        f"PerExecutionEnvironmentMaxConcurrency must be less than or equal to {most}: {per_vcpu} for each vCPU."
    )


def runtime_unfit(runtime: str) -> ApiError:
    """400: the runtime runs one invocation at a time."""
    return errors.invalid(
        f"The runtime {runtime} is not supported for functions with a capacity provider. Use python3.13, nodejs22.x,"
        " java21 or later ones, or provided.al2023."
    )


def json_logs_only() -> ApiError:
    """400: lines of several invocations are told apart by their fields."""
    return errors.invalid("LogFormat must be JSON for functions with a capacity provider.")


def given_at_creation() -> ApiError:
    """400: a function cannot move to managed instances."""
    return errors.invalid(
        "CapacityProviderConfig can only be set when a function is created. Create another function to use a capacity"
        " provider."
    )


def not_with(what: str) -> ApiError:
    """400: `what` and managed instances exclude each other."""
    return errors.invalid(f"{what} is not supported for functions with a capacity provider.")


def only_with(what: str) -> ApiError:
    """400: `what` is for functions on managed instances."""
    return errors.invalid(f"{what} is only supported for functions with a capacity provider.")


def more_least_than_most(least: int, most: int) -> ApiError:
    """400: a range that is none."""
    return errors.invalid(
        f"MinExecutionEnvironments ({least}) must be less than or equal to MaxExecutionEnvironments ({most})."
    )
