"""Alarms as they may be asked for, and what of them is computed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.observe.metrics.statistics import SIMPLE, statistic
from lambent.services.access import Place
from lambent.services.cloudwatch import errors, queries
from lambent.services.cloudwatch.alarm_states import COMPARISONS, MISSING, TREATMENTS, Terms
from lambent.services.cloudwatch.points import check_period
from lambent.services.cloudwatch.queries import Query

UNSUPPORTED: Mapping[str, str] = {
    "ThresholdMetricId": "there is no anomaly detection",
    "EvaluationWindow": "windows are the alarm's periods",
    "WarmUpConfiguration": "there is no anomaly detection",
    "EvaluationCriteria": "alarms look at metrics by their names",
    "EvaluationInterval": "alarms look once in each period, and at least once a minute",
    "ActionConfiguration": "actions are carried out at once",
    "ActionsSuppressor": "actions are not suppressed by other alarms",
    "ActionsSuppressorWaitPeriod": "actions are not suppressed by other alarms",
    "ActionsSuppressorExtensionPeriod": "actions are not suppressed by other alarms",
}
"""Options that are refused, and why."""

ACTION_KINDS = frozenset({"sns", "lambda"})
DAY, WEEK = 86_400, 7 * 86_400

ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_OF_METRICS = ("MetricName", "Namespace", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit")


def check_common(params: Mapping[str, Any]) -> None:
    """What both kinds of alarms have. Raises ApiError."""
    for option, why in UNSUPPORTED.items():
        if params.get(option):
            raise errors.unsupported(option, why)
    for name in ACTIONS:
        for arn in params.get(name, ()):
            parts = arn.split(":")
            if len(parts) < 6 or parts[0] != "arn":
                raise errors.validation(f"Invalid arn syntax: {arn}")
            if parts[2] not in ACTION_KINDS:
                raise errors.unsupported(f"The action {arn}", "actions go to SNS topics and Lambda functions")


def check_metric_alarm(at: Place, params: Mapping[str, Any]) -> None:
    """Raise ApiError unless it can be looked at."""
    check_common(params)
    if params.get("ComparisonOperator") not in COMPARISONS:
        if "ComparisonOperator" not in params:
            raise errors.missing("The parameter ComparisonOperator is required.")
        raise errors.unsupported(params["ComparisonOperator"], "there is no anomaly detection")
    for name in ("Threshold", "EvaluationPeriods"):
        if name not in params:
            raise errors.missing(f"The parameter {name} is required.")
    if params.get("TreatMissingData", MISSING) not in TREATMENTS:
        raise errors.validation(
            f"The value {params['TreatMissingData']} is not supported for TreatMissingData parameter."
            " Supported values are [breaching, notBreaching, ignore, missing]."
        )
    if params.get("EvaluateLowSampleCountPercentile", "evaluate") not in ("evaluate", "ignore"):
        raise errors.validation("Option value for EvaluateLowSampleCountPercentile must be evaluate or ignore.")
    if params.get("EvaluateLowSampleCountPercentile") == "ignore":
        raise errors.unsupported("EvaluateLowSampleCountPercentile ignore", "percentiles are always evaluated")
    if params.get("DatapointsToAlarm", 1) > params["EvaluationPeriods"]:
        raise errors.validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    query = watched(at, params)
    period = queries.period_of(query)
    if period * params["EvaluationPeriods"] > (WEEK if period >= 3600 else DAY):
        raise errors.validation(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
        )


def watched(at: Place, params: Mapping[str, Any]) -> list[Query]:
    """What an alarm looks at: the last of the queries is its own. Raises ApiError."""
    if "Metrics" in params:
        if any(name in params for name in _OF_METRICS):
            raise errors.combination("Metrics list and other metric parameters must not be given together.")
        found = queries.checked(at, params["Metrics"])
        wanted = [query for query in found if query.wanted]
        if len(wanted) != 1:
            raise errors.validation("Exactly one element of the metrics list should return data.")
        return [*(query for query in found if query is not wanted[0]), wanted[0]]
    for name in ("MetricName", "Namespace", "Period"):
        if name not in params:
            raise errors.missing(f"The parameter {name} is required.")
    if ("Statistic" in params) == ("ExtendedStatistic" in params):
        raise errors.combination("Exactly one of Statistic and ExtendedStatistic must be specified.")
    extended = params.get("ExtendedStatistic")
    if extended is not None and (extended in SIMPLE or statistic(extended) is None):
        raise errors.bad_statistic(extended)
    check_period(params["Period"])
    metric = {name: params[name] for name in ("Namespace", "MetricName", "Dimensions") if name in params}
    stat = {"Metric": metric, "Period": params["Period"], "Stat": params.get("Statistic", extended)}
    if "Unit" in params:
        stat["Unit"] = params["Unit"]
    return queries.checked(at, [{"Id": "m1", "MetricStat": stat}])


def terms(params: Mapping[str, Any]) -> Terms:
    """When it goes off."""
    periods = params["EvaluationPeriods"]
    return Terms(
        comparison=params["ComparisonOperator"],
        threshold=float(params["Threshold"]),
        periods=periods,
        needed=params.get("DatapointsToAlarm", periods),
        treatment=params.get("TreatMissingData", MISSING),
    )
