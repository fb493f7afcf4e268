import pytest

from lambent.model.errors import PlatformError
from lambent.services.scheduler.waiting import DeadLetter, Execution, closed, opened
from lambent.store.seal import Seal

EXECUTION = Execution(id="i", copy="c", arn="a", occurrence=1.5, target={"Input": "hidden"}, serial="s", completes=True)


def test_what_waits_is_read_as_it_was_written() -> None:
    seal = Seal(bytes(32))
    letter = DeadLetter(queue="q", role="r", body=b"b", attributes={"n": ("String", "v")})
    for waiting in (EXECUTION, letter):
        assert opened(seal, closed(seal, waiting)) == waiting


def test_whoever_reads_the_disk_reads_nothing() -> None:
    body = closed(Seal(bytes(32)), EXECUTION)
    assert b"hidden" not in body
    with pytest.raises(PlatformError):
        opened(Seal(bytes([1]) * 32), body)
