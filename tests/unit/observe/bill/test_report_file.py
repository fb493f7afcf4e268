"""The bill as a file."""

from __future__ import annotations

import csv
import io

from lambent.observe.bill.charges import Charge
from lambent.observe.bill.report_file import COLUMNS, text
from lambent.observe.bill.usage import Kind, Line


def test_a_line_a_charge() -> None:
    line = Line("2026-11-03", "1", "eu-west-1", "arn:f", "7", "", "arm64", Kind.GB_SECONDS)
    (row,) = csv.DictReader(io.StringIO(text([Charge(line, 4.0, 1.0, 0.5)], "USD")))
    assert tuple(row) == COLUMNS
    assert row["lineItem/UsageType"] == "eu-west-1-Lambda-GB-Second-ARM"
    assert row["bill/BillingPeriodStartDate"] == "2026-11-01T00:00:00Z"
    assert (row["lineItem/UsageStartDate"], row["lineItem/UsageEndDate"]) == (
        "2026-11-03T00:00:00Z",
        "2026-11-04T00:00:00Z",
    )
    assert (row["lineItem/UsageAmount"], row["lineItem/UnblendedCost"], row["lineItem/UnblendedRate"]) == (
        "4",
        "0.5",
        "0.125",
    )
    assert row["lineItem/ResourceId"] == "arn:f:7"
