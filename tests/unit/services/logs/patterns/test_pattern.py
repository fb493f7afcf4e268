"""Which kind of pattern a text is."""

from __future__ import annotations

import pytest

from lambent.services.logs.patterns.columns import ColumnPattern
from lambent.services.logs.patterns.json_pattern import JsonPattern
from lambent.services.logs.patterns.malformed import Malformed
from lambent.services.logs.patterns.pattern import compiled
from lambent.services.logs.patterns.terms import TermPattern


def test_kinds() -> None:
    assert isinstance(compiled(" { $.a = 1 }"), JsonPattern)
    assert isinstance(compiled(" [a, b]"), ColumnPattern)
    assert isinstance(compiled('"[a"'), TermPattern)


@pytest.mark.parametrize("text", ["", " ", '""'])
def test_an_empty_one_matches_everything(text: str) -> None:
    assert compiled(text).match("anything") == {}


def test_few_expressions() -> None:
    assert compiled("{ $.a = %x% && $.b = %y% }").regexes == 2
    with pytest.raises(Malformed, match="at most two regular expressions"):
        compiled("{ $.a = %x% && $.b = %y% && $.c = %z% }")
