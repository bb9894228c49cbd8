"""What is remembered of protosessions that closed early."""

from tracker.protosessions.continuations import Continuations


def test_a_key_is_recalled_once() -> None:
    """The next protosession of the key continues; the one after it does not."""
    known = Continuations()
    known.remember(b"k", 2, 100, 0)
    assert [known.recall(b"k", 99), known.recall(b"k", 99)] == [2, 0]


def test_a_key_is_forgotten_in_time() -> None:
    """From the old deadline on nothing is recalled."""
    known = Continuations()
    known.remember(b"k", 2, 100, 0)
    assert known.recall(b"k", 100) == 0


def test_memory_is_bounded() -> None:
    """Over the bound the longest remembered go, and expired ones go first."""
    known = Continuations(most=2)
    for number in range(3):
        known.remember(bytes([number]), 1, 100, 0)
    assert len(known) == 2
    assert known.recall(bytes([0]), 1) == 0
    known.remember(b"new", 1, 300, 200)
    assert len(known) == 1


def test_a_clock_set_back_forgets() -> None:
    """Deadlines noted before it mean nothing after it."""
    known = Continuations()
    known.remember(b"k", 2, 100, 0)
    known.forget()
    assert known.recall(b"k", 0) == 0
