"""Ids out of whole cookies."""

import pytest

from tracker.protocols.ga4.mp.cookies import TagSession, client_of, session_of


@pytest.mark.parametrize(
    ("said", "client_id"),
    [
        ("123.456", "123.456"),
        ("GA1.1.123.456", "123.456"),
        ("GA1.2-2.123.456", "123.456"),
        (" GA1.3.123.456\n", "123.456"),
        ("GA1.1.371579df-c318-4272-b43c-ee0195dc1c58", "371579df-c318-4272-b43c-ee0195dc1c58"),
        ("GA1.1.", "GA1.1."),
        ("XGA1.1.123.456", "XGA1.1.123.456"),
    ],
)
def test_client(said: str, client_id: str) -> None:
    """What stands before the id in a cookie is cut off; anything else is an id as it is."""
    assert client_of(said) == client_id


@pytest.mark.parametrize(
    ("said", "session"),
    [
        ("1700000000", TagSession("1700000000")),
        ("GS1.1.1700000000.3.1.1700000100.0.0.0", TagSession("1700000000", "3", "1")),
        ("GS1.1.1700000000.3", TagSession("1700000000", "3")),
        ("GS1.1.1700000000", TagSession("1700000000")),
        ("GS2.1.s1700000000$o12$g0$t1700000100$j60$l0$h0", TagSession("1700000000", "12", "0")),
        ("GS2.1.s1700000000", TagSession("1700000000")),
        ("GS2.1.t1700000000$s5", TagSession("GS2.1.t1700000000$s5")),
        ("f2d5b7d3-75ef-41f8-84fa-5ebebe4c0822", TagSession("f2d5b7d3-75ef-41f8-84fa-5ebebe4c0822")),
    ],
)
def test_session(said: str, session: TagSession) -> None:
    """Both forms of the cookie; of anything else nothing is taken apart."""
    assert session_of(said) == session
