"""Names, ARNs, tokens and ids."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.services.access import Place
from lambent.services.logs import names

AT = Place("000000000000", "us-east-1")
GROUP = Group("000000000000", "us-east-1", "/aws/lambda/f")
ARN = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f"
EVENT = Found(5, "s", 7, 5, "x")


def test_groups() -> None:
    assert names.group_of(AT, {"logGroupName": "/aws/lambda/f"}) == GROUP
    for identifier in ("/aws/lambda/f", ARN, f"{ARN}:*"):
        assert names.group_of(AT, {"logGroupIdentifier": identifier}) == GROUP
    assert (names.group_arn(GROUP), names.stream_arn(GROUP, "s")) == (ARN, f"{ARN}:log-stream:s")
    assert names.place(GROUP) == AT


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Exactly one of logGroupName and logGroupIdentifier must be given."),
        ({"logGroupName": "a", "logGroupIdentifier": "a"}, "Exactly one of logGroupName and logGroupIdentifier must"),
        ({"logGroupIdentifier": "arn:aws:s3:::x"}, "arn:aws:s3:::x is not the ARN of a log group."),
        ({"logGroupIdentifier": ARN.replace("000000000000", "1" * 12)}, "The specified log group does not exist."),
    ],
)
def test_what_means_none(params: dict[str, str], text: str) -> None:
    with pytest.raises(ApiError) as raised:
        names.group_of(AT, params)
    assert raised.value.message.startswith(text)


def test_tokens() -> None:
    assert names.read_event_token(names.event_token("f", 5, 10**39)) == ("f", 5, 10**39)
    assert names.read_token(names.token((True, (1, "s", 2))), tuple[bool, tuple[int, str, int]]) == (True, (1, "s", 2))
    assert names.read_pointer(names.pointer(GROUP, EVENT)) == ("/aws/lambda/f", (5, "s", 7))
    for bad in ("", "x", "é", names.token("x")):
        with pytest.raises(ApiError, match=r"The specified nextToken is invalid\."):
            names.read_token(bad, int)
    with pytest.raises(ApiError, match=r"The specified nextToken is invalid\."):
        names.read_event_token("f/1")


def test_ids() -> None:
    assert len(names.event_id(EVENT)) == 56 and names.event_id(EVENT).isdigit()
    assert names.event_id(EVENT) != names.event_id(EVENT._replace(position=8))
    assert names.event_id(EVENT)[0] == "3" and names.event_id(EVENT._replace(forged=True))[0] == "4"
