"""Java's regular expressions in Python."""

from __future__ import annotations

import time

import pytest

from lambent.wire.model import load
from lambent.wire.pattern import compile_pattern
from tests.protocol.differential import SERVICES


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", ["", "Größe 9", "名=x"], ["a#", "a\n"]),
        (r"\p{Alnum}+", ["aZ9"], ["é", ""]),
        (r"\P{L}+", ["123"], ["1a"]),
        (r"[\P{C}\t]*", ["a b\t", "é"], ["\x00", "\n"]),
        (r"[\w-_]+", ["a-b_c"], ["a b", "é"]),
        (r"[a-z&&b]+", ["a&b"], ["A"]),
        (r"[[a]+", ["[a["], ["b"]),
        (r"\d{3}\z", ["123"], ["１２３", "1234"]),
        (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF\t]*", ["a🚀", " \t"], ["\x01", "\n"]),
        (r"\x{1F680}", ["🚀"], ["x"]),
        (r"[^\h]+", ["ab"], ["a b"]),
        (r"\#\-\/", ["#-/"], ["#"]),
        (r"(?s).*", ["a\nb"], []),
        (r".*", ["ab"], ["a\nb"]),
    ],
)
def test_patterns_mean_what_java_means(source: str, yes: list[str], no: list[str]) -> None:
    pattern = compile_pattern(source)
    assert pattern is not None
    assert [text for text in yes if not pattern.fullmatch(text)] == []
    assert [text for text in no if pattern.fullmatch(text)] == []


def test_nonsense_is_not_enforced() -> None:
    assert compile_pattern("(") is None
    assert compile_pattern(r"\p{Nonsense}") is None


def patterns() -> dict[str, str]:
    """Every pattern of the served services, with a shape that has it."""
    return {
        traits.pattern: f"{service} {name}"
        for service in SERVICES
        for name, traits in load(service)._raw.shapes.items()
        if traits.pattern is not None
    }


def test_every_pattern_of_the_served_services_is_enforced() -> None:
    assert [where for source, where in patterns().items() if compile_pattern(source) is None] == []


def test_no_pattern_of_the_served_services_can_be_made_slow() -> None:
    slow = []
    for source, where in patterns().items():
        pattern = compile_pattern(source)
        assert pattern is not None
        for piece in ("a", "a-", "1", "/", "a:", "A", "_", " ", "a/", "*"):
            began = time.thread_time()
            pattern.fullmatch(piece * (256 // len(piece)) + "\n!")
            if time.thread_time() - began > 0.5:
                slow.append(where)
    assert slow == []


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$", ["a", "a.b", "a-b/c*", "abc"], ["a..b", ".a", "a.", "A", ""]),
        (r"^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$", ["a", " a\tb ", "\ta\t", " "], ["", "\t", "a\n", "é"]),
        (
            r"^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$",
            ["a", " é\tb", "\ta\t\t"],
            ["", "\t", "a:b", "a\nb"],
        ),
    ],
)
def test_the_patterns_told_anew_mean_the_same(source: str, yes: list[str], no: list[str]) -> None:
    pattern = compile_pattern(source)
    assert pattern is not None
    assert pattern.pattern != source
    assert [text for text in yes if not pattern.fullmatch(text)] == []
    assert [text for text in no if pattern.fullmatch(text)] == []
