from lambent.schedules.agenda import Agenda


def test_what_is_due_comes_in_order_and_once() -> None:
    agenda = Agenda()
    for name, due in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        agenda.set(name, due)
    assert agenda.next() == 1.0
    assert agenda.take(2.0) == ["a", "b"]
    assert agenda.take(2.0) == []
    assert agenda.next() == 3.0
    assert len(agenda) == 1


def test_a_name_has_one_time() -> None:
    agenda = Agenda()
    agenda.set("a", 1.0)
    agenda.set("a", 5.0)
    assert agenda.take(4.0) == []
    agenda.set("a", 2.0)
    assert agenda.take(4.0) == ["a"]
    assert agenda.next() is None


def test_what_is_never_due_is_forgotten() -> None:
    agenda = Agenda()
    agenda.set("a", 1.0)
    agenda.set("a", None)
    agenda.set("b", None)
    assert agenda.next() is None
    assert len(agenda) == 0


def test_setting_anew_and_anew_does_not_pile_up() -> None:
    agenda = Agenda()
    for name in range(10_000):
        agenda.set(str(name), float(name))
    for turn in range(100_000):
        agenda.set("0", float(turn))
    assert len(agenda._heap) <= 2 * 10_000 + 65
    assert agenda.take(9_999.0) == [str(name) for name in range(1, 10_000)]
    assert agenda.next() == 99_999.0
