"""COMPATIBILITY.md, made from the code: which operations exist, which options are refused, and why.

`python -m lambent.services.compatibility` writes the file; a test fails when it is stale. Nothing is said
here that the code does not do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lambent.model.event_source import SourceKind
from lambent.runtimes import names
from lambent.services.cloudwatch import api as cloudwatch
from lambent.services.events import api as events
from lambent.services.events import unsupported as events_unsupported
from lambent.services.iam import api as iam
from lambent.services.kms import api as kms
from lambent.services.lambda_ import api as lambda_
from lambent.services.lambda_ import limits, lineage
from lambent.services.lambda_.event_source_options import UNSERVED_ACCESS
from lambent.services.lambda_.unsupported import REFUSED
from lambent.services.logs import api as logs
from lambent.services.operation import marks
from lambent.services.pipes import api as pipes
from lambent.services.pipes import unsupported as pipes_unsupported
from lambent.services.scheduler import api as scheduler
from lambent.services.scheduler import unsupported as scheduler_unsupported
from lambent.services.secretsmanager import api as secretsmanager
from lambent.services.sns import api as sns
from lambent.services.sns import unsupported as sns_unsupported
from lambent.services.sqs import api as sqs
from lambent.services.sts import api as sts
from lambent.services.xray import api as xray
from lambent.sources.polling import READ
from lambent.wire.model import load

FILE = "COMPATIBILITY.md"

OTHERS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "events": ("Amazon EventBridge", events.RESOURCES),
    "cloudwatch": ("Amazon CloudWatch", cloudwatch.RESOURCES),
    "iam": ("AWS IAM", iam.RESOURCES),
    "kms": ("AWS KMS", kms.RESOURCES),
    "secretsmanager": ("AWS Secrets Manager", secretsmanager.RESOURCES),
    "pipes": ("Amazon EventBridge Pipes", pipes.RESOURCES),
    "scheduler": ("Amazon EventBridge Scheduler", scheduler.RESOURCES),
    "sns": ("Amazon SNS", sns.RESOURCES),
    "logs": ("Amazon CloudWatch Logs", logs.RESOURCES),
    "sqs": ("Amazon SQS", sqs.RESOURCES),
    "xray": ("AWS X-Ray", xray.RESOURCES),
    "sts": ("AWS STS", sts.RESOURCES),
}
"""Services besides Lambda, by the names of their models: title, and the classes that carry their operations."""

OPTIONS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "events": events_unsupported.REFUSED,
    "pipes": pipes_unsupported.REFUSED,
    "scheduler": scheduler_unsupported.REFUSED,
    "sns": sns_unsupported.REFUSED,
}
"""Of services besides Lambda: operation -> option -> why it is refused."""

_INTRODUCTION = """\
# Compatibility

Made from the code by `python -m lambent.services.compatibility`; a test fails when it is stale.

An operation that is not listed as served is refused by name (`UnknownOperationException`, 404). An option that is
listed as refused is refused by name (`InvalidParameterValueException`) as soon as it asks for something; nothing is
accepted and then ignored. Every other service of AWS is refused by name as well.
"""

_POLICIES = """\

## Resource policies

Policies of functions, versions and aliases are checked, kept and shown as AWS does, and decide who may call beside the
callers' own policies. `PutResourcePolicy` refuses a statement that allows everybody under no condition. Policies of
layer versions decide who may read a layer."""


def document() -> str:
    """The whole file."""
    parts = [_INTRODUCTION, *_operations(), *_refused(), _POLICIES, *_runtimes(), *_limits(), *_others()]
    return "\n".join(parts) + "\n"


def _operations() -> Iterator[str]:
    model, served = load("lambda"), _served(lambda_.RESOURCES)
    yield f"\n## AWS Lambda: {len(served)} of {len(model.operations)} operations\n"
    yield _table(
        ("operation", "served"), ((name, "yes" if name in served else "") for name in sorted(model.operations))
    )


def _others() -> Iterator[str]:
    """The services around Lambda: what they serve, and what they refuse by name."""
    for service, (title, resources) in OTHERS.items():
        every, served = set(load(service).operations), _served(resources)
        yield f"\n## {title}: {len(served)} of {len(every)} operations\n"
        yield f"Served: {_listed(sorted(served))}."
        if every - served:
            yield f"\nRefused by name: {_listed(sorted(every - served))}."
        if service in OPTIONS:
            yield "\nOptions that are refused by name:\n"
            rows = OPTIONS[service].items()
            yield _table(
                ("operation", "option", "why"),
                ((operation, f"`{option}`", why) for operation, options in rows for option, why in options.items()),
            )


def _served(resources: Iterable[type]) -> set[str]:
    return {mark.name for resource in resources for mark in marks(resource)}


def _refused() -> Iterator[str]:
    yield "\n## Options that are refused\n"
    rows = (
        (operation, f"`{option.path}`", option.why, ", ".join(f"`{_plain(value)}`" for value in option.harmless))
        for operation, options in REFUSED.items()
        for option in options
    )
    yield _table(("operation", "option", "why", "accepted all the same"), rows)
    kinds = _listed(kind for kind in SourceKind if kind not in READ)
    yield (
        "\nOf the types of `SourceAccessConfigurations` these are refused: "
        + "; ".join(f"`{kind}` ({why})" for kind, why in UNSERVED_ACCESS.items())
        + ". ActiveMQ brokers are refused as sources."
    )
    yield (
        "\nOf the metrics of a capacity provider's `ScalingPolicies`, `LambdaCapacityProviderAverageGPUUtilization` is"
        " refused (there are no accelerators)."
    )
    yield f"\nEvent sources of these kinds are checked, and then refused since nothing reads them yet: {kinds}."
    yield "\n`Architectures` must be this machine's. Empty values are always accepted."


def _runtimes() -> Iterator[str]:
    yield "\n## Runtimes\n"
    yield (
        f"Served: {_listed(names.SERVED)}. One that this machine lacks is stood in for by the nearest of its language"
        " that it has (`--strict-runtimes` refuses instead; an older Java never stands in). docs/runtimes.md tells what"
        " each needs, and how it is checked."
    )
    yield f"\nRetired, refused as AWS refuses them: {_listed(sorted(names.RETIRED))}. All others are refused by name."


def _limits() -> Iterator[str]:
    yield "\n## Limits\n"
    rows = (
        ("function name", f"{limits.NAME_LENGTH} characters"),
        ("timeout", f"{limits.TIMEOUT_SECONDS} s"),
        ("memory", f"{limits.MEMORY_MB} MB"),
        ("/tmp", f"{limits.EPHEMERAL_MB} MB"),
        ("environment variables", f"{limits.ENVIRONMENT_BYTES} bytes"),
        ("event of a synchronous invocation", f"{limits.PAYLOAD_BYTES} bytes"),
        ("request that carries code", f"{limits.CODE_REQUEST_BYTES} bytes"),
        ("package and layers, unzipped", f"{limits.UNZIPPED_BYTES} bytes"),
        ("layers of a function", f"{limits.LAYERS}"),
        ("all packages of an account in a region", f"{limits.TOTAL_CODE_BYTES} bytes"),
        ("policy of a resource", f"{limits.POLICY_BYTES} bytes"),
        ("turns of a loop of functions", f"{lineage.LOOPS}"),
        ("page of a listing", f"{limits.PAGE} items"),
        ("`Code.Location`", f"{limits.LOCATION_SECONDS} s"),
    )
    yield _table(("what", "limit"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _listed(items: Iterable[str]) -> str:
    return ", ".join(f"`{item}`" for item in items)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={member}" for name, member in value.items())
    return str(value)


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else FILE).write_text(document())
