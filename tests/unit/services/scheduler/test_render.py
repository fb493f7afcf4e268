from lambent.services.scheduler import render
from lambent.services.scheduler.records import Group


def test_nobody_made_the_default_group() -> None:
    assert render.group(Group(account="1", region="r", name="default")) == {
        "Arn": "arn:aws:scheduler:r:1:schedule-group/default",
        "Name": "default",
        "State": "ACTIVE",
    }
