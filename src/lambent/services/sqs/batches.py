"""Batches: what they may be, and how the fate of each entry is told. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lambent.model.errors import ApiError
from lambent.services.sqs import errors, limits

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check(entries: Sequence[Mapping[str, Any]], what: str) -> None:
    """One to ten entries with ids of their own. Raises ApiError."""
    if not entries:
        raise errors.empty_batch(what)
    if len(entries) > limits.BATCH:
        raise errors.too_many_entries(len(entries), limits.BATCH)
    seen: set[str] = set()
    for entry in entries:
        if not _ID.fullmatch(entry["Id"]):
            raise errors.bad_entry_id()
        if entry["Id"] in seen:
            raise errors.repeated_id(entry["Id"])
        seen.add(entry["Id"])


def failure(entry: str, error: ApiError) -> dict[str, Any]:
    """An entry that was refused."""
    return {"Id": entry, "SenderFault": True, "Code": error.code, "Message": error.message}


def result(done: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What became of a batch."""
    return {"Successful": list(done), "Failed": list(failed)} if failed else {"Successful": list(done)}
