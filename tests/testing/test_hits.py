"""Requests and hits for tests."""

import numpy as np
import pytest

from tracker.testing.hits import NOW, make_hit, make_hits, make_request


def test_a_request_is_what_its_target_and_body_say() -> None:
    """Path and query are split, header names lower-case, and a body makes it a POST."""
    request = make_request("/p?a=1?b", "x", headers={"User-Agent": "A", "Cookie": "secret"})
    assert (request.method, request.path, request.query, request.body) == ("POST", "/p", b"a=1?b", b"x")
    assert request.kept_headers == {"user-agent": "A"}


@pytest.mark.parametrize(
    ("address", "level", "masked"),
    [
        ("203.0.113.7", 0, "203.0.113.7"),
        ("203.0.113.7", 1, "203.0.113.0"),
        ("203.0.113.7", 4, "0.0.0.0"),
        ("2001:db8:1:2::3", 1, "2001:db8:1::"),
        ("none", 0, ""),
    ],
)
def test_requests_mask_addresses(address: str, level: int, masked: str) -> None:
    """As the receiver does."""
    assert make_request().mask(address, level) == masked


def test_a_batch_has_a_row_per_hit() -> None:
    """Fields become columns of equal length; rows can be taken."""
    hits = make_hits([make_hit("en=a"), make_hit("en=b", client_id="2.2")], [0, 1])
    taken = hits.take(np.array([1]))
    assert (len(hits), hits.received_at.tolist(), hits.protosession.tolist()) == (2, [NOW, NOW], [0, 1])
    assert (taken.client_ids, taken.queries) == (["2.2"], [b"en=b"])
