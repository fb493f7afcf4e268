"""What a mapping says through its properties."""

from __future__ import annotations

import msgspec

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind

PLAIN = EventSourceMapping(
    "u",
    "000000000000",
    "us-east-1",
    SourceKind.SQS,
    "f",
    "",
    "arn:aws:sqs:us-east-1:000000000000:q",
    True,
    MappingState.ENABLED,
    1.0,
    {"BatchSize": 7},
)
FULL = msgspec.structs.replace(
    PLAIN,
    qualifier="live",
    source_arn=PLAIN.source_arn + ".fifo",
    options={
        "BatchSize": 1,
        "MaximumBatchingWindowInSeconds": 3,
        "FilterCriteria": {"Filters": [{"Pattern": "p"}, {}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
        "ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 4},
    },
)


def test_what_is_not_said() -> None:
    assert PLAIN.arn == "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u"
    assert PLAIN.function_arn == "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert (PLAIN.batch_size, PLAIN.window_seconds, PLAIN.filters, PLAIN.is_fifo) == (7, 0, [], False)
    assert not PLAIN.reports_failures
    assert (PLAIN.maximum_concurrency, PLAIN.provisioned_pollers) == (None, None)


def test_what_is_said() -> None:
    assert FULL.function_arn == "arn:aws:lambda:us-east-1:000000000000:function:f:live"
    assert (FULL.window_seconds, FULL.filters, FULL.is_fifo) == (3, ["p"], True)
    assert FULL.reports_failures
    assert (FULL.maximum_concurrency, FULL.provisioned_pollers) == (2, (3, 4))
