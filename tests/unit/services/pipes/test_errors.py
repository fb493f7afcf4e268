from lambent.services.pipes import errors


def test_a_reason_fits_the_model() -> None:
    assert len(errors.unreadable("arn", "x" * 600)) == 512
    assert errors.changed_meanwhile("p").message == "Pipe p was changed by another request at the same time."
