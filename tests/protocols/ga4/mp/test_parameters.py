"""Parameters by row."""

import numpy as np

from tracker.protocols.ga4.mp.parameters import RowParameters

FOUND = RowParameters([{"en": "a", "ep.z": "1", "up.x": "?", "ep.b": ""}, {"en": "b"}, {"ep.b": "2"}])


def test_get() -> None:
    """Null where a row lacks the key, empty where it is empty; None for a key that nobody has."""
    values = FOUND.get("ep.b")
    assert values is not None
    assert values.to_pylist() == ["", None, "2"]
    assert FOUND.get("ep.q") is None


def test_prefixed() -> None:
    """In wire order, without the prefix; an empty list for a row without such keys."""
    z, b = {"name": "z", "value": "1"}, {"name": "b", "value": ""}
    assert FOUND.prefixed("ep.").to_pylist() == [[z, b], [], [{"name": "b", "value": "2"}]]


def test_take() -> None:
    """Rows in another order, and only their keys."""
    taken = FOUND.take(np.array([1, 1]))
    names = taken.get("en")
    assert names is not None
    assert (len(taken), names.to_pylist(), list(taken.keys())) == (2, ["b", "b"], ["en"])
