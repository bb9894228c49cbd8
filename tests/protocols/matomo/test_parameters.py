"""Matomo parameters at closing."""

import numpy as np
import pyarrow as pa

from tracker.protocols.matomo.parameters import MatomoParameters


def test_undefined_is_absent_from_every_selection_of_rows() -> None:
    """The rows of a batch are taken apart before they are read."""
    found = MatomoParameters.of(pa.array([b"url=undefined", b"url=x", b""], pa.binary())).take(np.array([2, 0, 1]))
    values = found.get("url")
    assert values is not None
    assert values.to_pylist() == [None, None, "x"]
    assert found.get("link") is None


def test_whole_numbers_are_read_as_they_are_printed() -> None:
    """A number in another form is as good as absent, where it decides what the hit is."""
    sent = [b"-1", b"0", b"10", b"01", b"1.0", b"+1", b"", b"x"]
    found = MatomoParameters.of(pa.array([b"pf_net=" + value for value in sent], pa.binary())).get("pf_net")
    assert found is not None
    assert found.to_pylist() == ["-1", "0", "10", None, None, None, None, None]
