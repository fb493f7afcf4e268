from lambent.services.scheduler import errors


def test_codes_are_those_of_the_model() -> None:
    assert errors.no_such_group("g").code == "ResourceNotFoundException"
    assert errors.changed_meanwhile("Schedule s").code == "ConflictException"
    assert errors.quota("schedules", 5).message == "The number of schedules exceeds the quota of 5."
    assert errors.group_deleting("g").message == "Schedule group g is being deleted."
