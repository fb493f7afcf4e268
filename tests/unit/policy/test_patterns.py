"""Stars, question marks and variables."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.policy.patterns import Template
from tests.unit.policy.world import lookup


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*", "", True),
        ("*", "anything:at/all", True),
        ("", "", True),
        ("", "a", False),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("abc", "ab", False),
        ("a*", "a", True),
        ("a*", "ba", False),
        ("*a", "ba", True),
        ("*a", "ab", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "acb", False),
        ("a**c", "abc", True),
        ("*a*b", "ab", True),
        ("*a?*bc", "xabc", False),
        ("*a?*bc", "xabbc", True),
        ("?", "a", True),
        ("?", "", False),
        ("?", "ab", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a?*", "a", False),
        ("a?*", "ab", True),
        ("*?b?*", "xaby", True),
        ("*?b?*", "by", False),
        ("*b?d*", "abcde", True),
        ("*b?d*", "abde", False),
        ("Abc", "abc", False),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:lambda:*:*:function:x-*", "arn:aws:lambda:eu-west-1:1:function:x-1", True),
        ("${*}", "*", True),
        ("${*}", "a", False),
        ("${?}a", "?a", True),
        ("${$}{x}", "${x}", True),
    ],
)
def test_patterns(pattern: str, text: str, matches: bool) -> None:
    assert Template(pattern, variables=True).matches(text, lookup()) is matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("home/${aws:username}/*", "home/ann/file", True),
        ("home/${aws:username}/*", "home/bob/file", False),
        ("home/${AWS:UserName}/*", "home/ann/file", True),
        ("home/${aws:userid, 'guest'}", "home/guest", True),
        ("home/${aws:username, 'guest'}", "home/ann", True),
        ("home/${aws:username, 'guest'}", "home/guest", False),
        ("home/${aws:userid}", "home/", False),
        ("home/${aws:userid}", "home/${aws:userid}", False),
        ("${s3:several}", "one", False),
        ("${s3:star}", "anything", False),
        ("${s3:star}", "*", True),
    ],
)
def test_variables_are_replaced_by_what_the_request_says_and_are_no_patterns(
    pattern: str, text: str, matches: bool
) -> None:
    keys = lookup(aws__username="ann", s3__several=["one", "two"], s3__star="*")
    assert Template(pattern, variables=True).matches(text, keys) is matches


def test_in_old_documents_variables_are_text() -> None:
    template = Template("a${aws:username}*", variables=False)
    assert template.matches("a${aws:username}b", lookup(aws__username="ann"))
    assert not template.matches("aann", lookup(aws__username="ann"))


def test_without_wildcards_stars_are_stars() -> None:
    template = Template("a*?", variables=True, wild=False)
    assert template.matches("a*?", lookup())
    assert not template.matches("abc", lookup())


def test_what_an_index_may_use() -> None:
    literal, beginning = Template("abc", variables=True).glob, Template("ab?d*", variables=True).glob
    assert literal is not None
    assert literal.literal == "abc"
    assert beginning is not None
    assert (beginning.literal, beginning.prefix) == (None, "ab")
    assert Template("a${b}", variables=True).glob is None


_ALPHABET = st.text("ab*?", max_size=12)


@given(pattern=_ALPHABET, text=st.text("ab", max_size=12))
def test_as_the_standard_library_has_it(pattern: str, text: str) -> None:
    expected = re.match(fnmatch.translate(pattern), text) is not None
    assert Template(pattern, variables=True).matches(text, lookup()) is expected


def test_a_hostile_pattern_takes_no_time_worth_mentioning() -> None:
    template = Template("*a" * 200 + "b", variables=True)
    assert not template.matches("a" * 20_000, lookup())


def test_without_variables_all_of_them_are_text() -> None:
    template = Template("${a}-${b}", variables=False)
    assert template.matches("${a}-${b}", lookup(b="x"))
    assert not template.matches("${a}-x", lookup(b="x"))
