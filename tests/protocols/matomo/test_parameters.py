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
