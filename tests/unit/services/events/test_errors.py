"""What is said when something is refused: AWS's words where they are known."""

from __future__ import annotations

from lambent.services.events import errors


def test_codes_and_texts() -> None:
    assert errors.no_such_rule("r", "b").message == "Rule r does not exist on EventBus b."
    assert errors.bad_pattern("why").message == "Event pattern is not valid. Reason: why"
    assert errors.too_large().message == "Total size of the entries in the request is over the limit."
    assert errors.argument("Source").message == "Parameter Source is not valid. Reason: Source is a required argument."
    assert errors.unsupported("X", "why").message == "X is not supported by Lambent: why."
    assert errors.no_such_archive("a").code == "ResourceNotFoundException"
