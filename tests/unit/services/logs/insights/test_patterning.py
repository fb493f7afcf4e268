"""`pattern`, by AWS's own example and at its edges."""

from __future__ import annotations

from lambent.observe.log_lines import Found
from lambent.services.logs.insights import patterning
from lambent.services.logs.insights.query import Query
from lambent.services.logs.insights.rows import row


def ask(source: str, *messages: str) -> list[dict[str, str]]:
    rows = (
        row(Found(number, "s", number, number, each), group="g", account="1", pointer="p")
        for number, each in enumerate(messages)
    )
    return [
        {each["field"]: each["value"] for each in fields} for fields in Query(source, now_ms=0, limit=100).run(rows)
    ]


def test_events_of_one_statement_are_one_pattern() -> None:
    assert ask(
        "pattern @message",
        "[INFO] Request time: 12 ms",
        "[INFO] Request time: 7 ms",
        "[ERROR] user ann not found in table users",
        "[ERROR] user bob not found in table users",
        "[INFO] Request time: 1300.5 ms",
        "bye",
        "[INFO] Request time: 3 ms",
        "bye",
    ) == [
        {"@pattern": "[INFO] Request time: <*> ms", "@ratio": "0.5", "@sampleCount": "4", "@severityLabel": "Info"},
        {
            "@pattern": "[ERROR] user <*> not found in table users",
            "@ratio": "0.25",
            "@sampleCount": "2",
            "@severityLabel": "Error",
        },
        {"@pattern": "bye", "@ratio": "0.25", "@sampleCount": "2"},
    ]


def test_ids_times_and_addresses_are_one_word() -> None:
    (found,) = ask(
        "pattern @message | filter @sampleCount > 1 | display @pattern",
        "2026-11-28T18:51:47.048Z 7f9c1a2b-0000-4000-8000-0123456789ab WARN call of 10.0.0.1:443 took 5ms",
        "2026-11-28T18:51:49.001Z 11111111-2222-4333-8444-555555555555 WARN call of 10.0.0.22:443 took 117ms",
    )
    assert found == {"@pattern": "<*> WARN call of <*> took <*>"}


def test_of_another_field_and_of_none() -> None:
    (found,) = ask("fields concat('a ', @logStream) as x | pattern x", "m", "n")
    assert found == {"@pattern": "a s", "@ratio": "1", "@sampleCount": "2"}
    assert ask("pattern nothing", "m") == []


def test_there_is_an_end_to_patterns() -> None:
    names = ["".join(chr(97 + int(digit)) for digit in f"{number:04d}") for number in range(patterning._PATTERNS + 50)]
    found = Query("pattern @message", now_ms=0, limit=10_000).run(
        row(Found(number, "s", number, number, each), group="g", account="1", pointer="p")
        for number, each in enumerate(names)
    )
    assert len(found) == patterning._PATTERNS
    (long,) = ask("pattern @message", "x " * 1_000_000)
    assert len(long["@pattern"]) <= patterning._CHARACTERS
