from lambent.services.scheduler.records import Group
from tests.unit.services.scheduler.test_timing import BASE


def test_arns() -> None:
    assert Group(account="1", region="r", name="g").arn == "arn:aws:scheduler:r:1:schedule-group/g"
    assert BASE.arn == "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick"
    assert BASE.event_age_seconds == 300
