"""What is no client id."""

import pytest

from tracker.protocols.ga4.client_ids import is_nobody


@pytest.mark.parametrize("junk", ["", "null", "undefined.undefined", "0.0", "null.0", "NaN.NaN"])
def test_nobody(junk: str) -> None:
    """What broken code makes of an id that is not there."""
    assert is_nobody(junk)


@pytest.mark.parametrize("client_id", ["1.1", "0.5", "undefined.7", "a"])
def test_somebody(client_id: str) -> None:
    """One part that tells clients apart is enough."""
    assert not is_nobody(client_id)
