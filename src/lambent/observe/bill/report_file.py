"""The bill as a file: the columns of AWS's Cost and Usage Report that Lambda fills. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from lambent.observe.bill.charges import Charge
from lambent.observe.bill.usage import Kind

COLUMNS = (
    "identity/LineItemId",
    "bill/PayerAccountId",
    "bill/BillingPeriodStartDate",
    "lineItem/UsageAccountId",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/UsageEndDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/Operation",
    "lineItem/ResourceId",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedRate",
    "lineItem/UnblendedCost",
    "product/region",
    "pricing/unit",
)

_USAGE_TYPES: Mapping[str, tuple[str, str]] = {
    Kind.REQUESTS: ("Request", "Requests"),
    Kind.GB_SECONDS: ("Lambda-GB-Second", "Lambda-GB-Second"),
    Kind.PROVISIONED: ("Lambda-Provisioned-GB-Second", "Lambda-GB-Second"),
    Kind.CONCURRENCY: ("Lambda-Provisioned-Concurrency", "Lambda-GB-Second"),
    Kind.STORAGE: ("Lambda-Storage-GB-Second", "Lambda-GB-Second"),
    Kind.STREAMED: ("Lambda-Streaming-Response-Processed-Bytes", "GB"),
    Kind.RESTORED: ("Lambda-SnapStart-Restored-GB", "GB"),
    Kind.CACHED: ("Lambda-SnapStart-Cached-GB-Second", "Lambda-GB-Second"),
}
"""Usage type and unit."""


def text(charges: Iterable[Charge], currency: str) -> str:
    """CSV, a line a charge."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for number, charge in enumerate(charges, 1):
        line = charge.line
        usage_type, unit = _USAGE_TYPES[line.kind]
        if line.architecture == "arm64":
            usage_type += "-ARM"
        day = date.fromisoformat(line.day)
        qualifier = line.alias or line.version
        writer.writerow(
            (
                f"{line.day}-{number:06d}",
                line.account,
                day.replace(day=1).isoformat() + "T00:00:00Z",
                line.account,
                "Usage",
                day.isoformat() + "T00:00:00Z",
                (day + timedelta(days=1)).isoformat() + "T00:00:00Z",
                "AWSLambda",
                f"{line.region}-{usage_type}",
                "Invoke",
                f"{line.function}:{qualifier}",
                f"{charge.amount:.10g}",
                currency,
                f"{charge.cost / charge.amount:.10g}" if charge.amount else "0",
                f"{charge.cost:.10g}",
                line.region,
                unit,
            )
        )
    return file.getvalue()
