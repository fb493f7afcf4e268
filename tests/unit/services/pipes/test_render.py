from lambent.services.pipes import render
from lambent.services.pipes.records import Pipe
from tests.unit.services.pipes.conftest import BASE, FUNCTION


def test_what_is_empty_is_left_out() -> None:
    assert "Enrichment" not in render.summary(Pipe(**BASE))
    shown = render.pipe(Pipe(**(BASE | {"enrichment": FUNCTION, "reason": "why"})))
    assert (shown["Enrichment"], shown["StateReason"]) == (FUNCTION, "why")
