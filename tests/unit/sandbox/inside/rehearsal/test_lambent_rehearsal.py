"""The function of the rehearsal."""

from __future__ import annotations

from lambent.sandbox.inside import rehearse
from lambent.sandbox.inside.rehearsal import lambent_rehearsal


def test_it_is_where_the_rehearsal_looks() -> None:
    assert str(lambent_rehearsal.__file__) == f"{rehearse._ROOT}/lambent_rehearsal.py"
    assert lambent_rehearsal.handler({}, None) == {}
