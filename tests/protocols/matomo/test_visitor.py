"""Matomo's own visitor id beside the device's."""

from hashlib import sha1

from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_rows, make_request

DEVICE = "0123456789abcdef"
BOB = sha1(b"bob").hexdigest()[:16]


def ids(*queries: str) -> list[tuple[str, str | None]]:
    hits = [
        piece
        for query in queries
        for piece in MatomoProtocol().hits(
            make_request(f"/matomo.php?idsite=1&rec=1&{query}"), Properties({}, MatomoSettings())
        )
        if isinstance(piece, Hit)
    ]
    return [(row["client_id"], row["matomo_visitor_id"]) for row in compute_rows(hits)]


def test_a_login_rewrites_it() -> None:
    """The device stays what it is, forced or not, and a user without a device is both."""
    assert ids(f"_id={DEVICE}", f"_id={DEVICE}&uid=bob", f"cid={DEVICE}&uid=bob", "uid=bob") == [
        (DEVICE, DEVICE),
        (DEVICE, BOB),
        (DEVICE, BOB),
        (BOB, BOB),
    ]


def test_nobody_has_none() -> None:
    """An id for the day is none that Matomo would know."""
    ((client, visitor),) = ids("url=x")
    assert (len(client), visitor) == (16, None)


def test_a_login_splits_no_visit() -> None:
    """One session, two visitor ids."""
    hits = [
        piece
        for query in (f"_id={DEVICE}", f"_id={DEVICE}&uid=bob")
        for piece in MatomoProtocol().hits(
            make_request(f"/matomo.php?idsite=1&rec=1&{query}"), Properties({}, MatomoSettings())
        )
        if isinstance(piece, Hit)
    ]
    assert len({row["session_id"] for row in compute_rows(hits)}) == 1
