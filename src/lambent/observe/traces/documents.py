"""The segments by which Lambda itself accounts for one invocation. Pure, but for the ids.

`AWS::Lambda` is the service's: how long who asked has waited. Below it `AWS::Lambda::Function` is the version's that
ran, with INIT or RESTORE if this invocation waited for it, the invocation, and the overhead behind its answer. Of an
asynchronous event each attempt is a subsegment of its own between the two, and the first tells how long the event has
waited; the service's segment grows with every attempt, under one id.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from lambent.context import Ids
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended, InitType

SERVICE, FUNCTION = "AWS::Lambda", "AWS::Lambda::Function"
MOST_LINKS = 20
CAUSE_BYTES = 32 * 1024
"""A segment has 64 KB at most."""

Document = dict[str, Any]


def documents(ended: Ended, ids: Ids) -> list[Document]:
    """Of a traced invocation that is over."""
    header = _fields(ended.invocation.trace_id or "")
    trace, function_id = header["Root"], header["Parent"]
    report, invocation = ended.report, ended.invocation
    before = (report.init_ms or report.restore_ms or 0.0) / 1000
    start, end = ended.begun - before, ended.begun + report.duration_ms / 1000
    failed = {} if report.status == "success" else {"fault": True}
    service = _service(ended, trace, start, end, ids) | failed
    parts: list[Document] = []
    parent = service["id"]
    if invocation.accepted is not None:
        between = {"trace_id": trace, "parent_id": service["id"], "type": "subsegment"}
        if invocation.attempt == 1:
            parts.append(_part("Dwell Time", service["start_time"], start, ended, ids) | between)
        attempt = _part(f"Attempt #{invocation.attempt}", start, end, ended, ids) | between | failed
        parts.append(attempt)
        parent = attempt["id"]
    return [service, *parts, _function(ended, trace, function_id, parent, start, end, ids) | failed]


def refused(function: FunctionVersion, invoked_arn: str, header: str, now: float, ids: Ids) -> Document | None:
    """Of a request that was refused for want of concurrency; None unless whoever sent it has it traced."""
    named = _fields(header)
    if named.get("Sampled") != "1" or "Root" not in named:
        return None
    caller = {"parent_id": named["Parent"]} if "Parent" in named else {}
    return {
        "name": function.name,
        "id": ids.hex(16),
        "trace_id": named["Root"],
        "start_time": now,
        "end_time": now,
        "origin": SERVICE,
        "resource_arn": invoked_arn,
        "http": {"response": {"status": 429}},
        "error": True,
        "throttle": True,
        **caller,
    }


def _service(ended: Ended, trace: str, start: float, end: float, ids: Ids) -> Document:
    invocation = ended.invocation
    accepted = invocation.accepted
    service: Document = {
        "name": ended.function.name,
        "id": ids.hex(16) if accepted is None else _id_of(invocation.request_id),
        "trace_id": trace,
        "start_time": start if accepted is None else min(accepted, start),
        "end_time": end,
        "origin": SERVICE,
        "resource_arn": invocation.invoked_arn,
        "http": {"response": {"status": 200 if accepted is None else 202}},
        "aws": {"request_id": invocation.request_id},
    }
    if invocation.upstream is not None:
        service["parent_id"] = invocation.upstream
    if links := [link for header in invocation.links if (link := _link(header)) and link["trace_id"] != trace]:
        service["links"] = links[:MOST_LINKS]
    return service


def _function(ended: Ended, trace: str, id_: str, parent: str, start: float, end: float, ids: Ids) -> Document:
    function = ended.function
    of_function: Document = {
        "name": function.name,
        "id": id_,
        "parent_id": parent,
        "trace_id": trace,
        "start_time": start,
        "end_time": end,
        "origin": FUNCTION,
        "resource_arn": function.arn,
        "aws": {
            "account_id": function.account,
            "function_arn": function.arn,
            "cloudwatch_logs": [{"log_group": function.logging.log_group}],
            "initialization_type": ended.init_type.value,
        },
        "subsegments": _inside(ended, start, end, ids),
    }
    if ended.report.error_type is not None:
        of_function["cause"] = _told(ended.cause, ids) or {
            "exceptions": [{"id": ids.hex(16), "type": ended.report.error_type}]
        }
    return of_function


def _told(cause: str | None, ids: Ids) -> Document | None:
    """What the runtime says of an error, with ids for its exceptions; None if it says nothing that X-Ray would take."""
    if cause is None or len(cause) > CAUSE_BYTES:
        return None
    try:
        told = msgspec.json.decode(cause, type=_Cause)
    except (msgspec.DecodeError, RecursionError):
        return None
    exceptions = [{"id": ids.hex(16), **exception} for exception in told.exceptions]
    return {"working_directory": told.working_directory, "paths": told.paths, "exceptions": exceptions}


class _Cause(msgspec.Struct):
    """As runtimes send it."""

    exceptions: list[Document]
    working_directory: str = ""
    paths: list[str] = []


def _inside(ended: Ended, start: float, end: float, ids: Ids) -> list[Document]:
    report, begun = ended.report, ended.begun
    answered = max(begun, end - ended.overhead)
    parts = []
    if start < begun and ended.init_type is not InitType.PROVISIONED:
        name = "Initialization" if report.init_ms is not None else "Restore"
        parts.append(_part(name, start, begun, ended, ids))
    invoked = _part("Invocation", begun, answered, ended, ids)
    parts.append(invoked if report.status == "success" else invoked | {"fault": True})
    if ended.overhead:
        parts.append(_part("Overhead", answered, end, ended, ids))
    return parts


def _part(name: str, start: float, end: float, ended: Ended, ids: Ids) -> Document:
    return {
        "id": ids.hex(16),
        "name": name,
        "start_time": start,
        "end_time": end,
        "aws": {"function_arn": ended.function.arn},
    }


def _id_of(request_id: str) -> str:
    """The same for every attempt of an event, after a restart, too."""
    return hashlib.blake2b(request_id.encode(), digest_size=8).hexdigest()


def _link(header: str) -> Document | None:
    """One that a trace header names, if it does."""
    named = _fields(header)
    if "Root" not in named:
        return None
    link = {"trace_id": named["Root"]}
    return link | ({"id": named["Parent"]} if "Parent" in named else {})


def _fields(header: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition("=") for part in header.split(";"))}
