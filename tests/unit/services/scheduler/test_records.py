import msgspec

from lambent.services.scheduler.records import DeadLetter, Execution, Group, Waiting


def test_arns() -> None:
    assert Group(account="1", region="r", name="g").arn == "arn:aws:scheduler:r:1:schedule-group/g"


def test_what_waits_is_read_as_it_was_written() -> None:
    execution = Execution(id="i", copy="c", arn="a", occurrence=1.5, target={"Arn": "t"}, serial="s", completes=True)
    letter = DeadLetter(queue="q", role="r", body=b"b", attributes={"n": ("String", "v")})
    for waiting in (execution, letter):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(waiting), type=Waiting) == waiting
