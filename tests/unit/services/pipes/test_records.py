from lambent.services.pipes.records import Pipe
from tests.unit.services.pipes.conftest import ARN, BASE


def test_a_pipe_knows_whether_it_rests() -> None:
    states = ("RUNNING", "STOPPED", "CREATE_FAILED", "CREATING", "UPDATING", "STOPPING", "DELETING")
    assert [Pipe(**(BASE | {"current": state})).settled for state in states] == [True] * 3 + [False] * 4
    assert Pipe(**BASE).arn == ARN
