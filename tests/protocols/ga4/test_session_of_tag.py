"""What the tag says of itself."""

import datetime as dt
from typing import Any

import pytest

from tracker.testing import compute_rows, make_hit

SHARED = "v=2&tid=G-1&cid=1.1&en=page_view"


CASES = [
    ("sid=1760000000", "client_session_id", "1760000000"),
    ("sid=0192aaf0-7c1e-7000-8000-000000000000", "client_session_id", "0192aaf0-7c1e-7000-8000-000000000000"),
    ("sid=", "client_session_id", None),
    ("", "client_session_id", None),
    ("sct=3", "client_session_number", 3),
    ("sct=many", "client_session_number", None),
    ("", "client_session_number", None),
    ("", "measurement_id", "G-1"),
    ("seg=1", "client_session_is_engaged", True),
    ("seg=0", "client_session_is_engaged", False),
    ("", "client_session_is_engaged", None),
    ("_nsi=1", "client_is_new", True),
    ("", "client_is_new", None),
    ("_s=12", "client_request_number", 12),
    ("_s=x", "client_request_number", None),
    ("", "client_request_number", None),
    ("_p=1389276135", "client_page_load", "1389276135"),
    ("", "client_page_load", None),
    ("_ss=1", "client_session_start", True),
    ("_ss=2", "client_session_start", True),
    ("", "client_session_start", False),
    ("_fv=2", "client_first_visit", True),
    ("_fv=0", "client_first_visit", False),
    ("", "client_first_visit", False),
    ("_p=1760000000123", "page_load_hash", dt.datetime(2025, 10, 9, 8, 53, 20, 123_000, dt.UTC)),
    ("_p=1389276135", "page_load_hash", None),
    ("_p=4102444800000", "page_load_hash", None),
    ("_p=7384920193847561", "page_load_hash", None),
    ("_p=load", "page_load_hash", None),
    ("", "page_load_hash", None),
    ("dl=https%3A%2F%2Fa.example%2F%3Fgtm_debug%3D17%26b", "gtm_debug", "17"),
    ("dl=https%3A%2F%2Fa.example%2F%25%3Fgtm_debug%3Dx%2520y%23gtm_debug%3Dz", "gtm_debug", "x y"),
    ("dl=https%3A%2F%2Fa.example%2F%3Fgtm_debug%3D", "gtm_debug", None),
    ("dl=https%3A%2F%2Fa.example%2F%23gtm_debug%3D1", "gtm_debug", None),
    ("dl=https%3A%2F%2Fa.example%2F", "gtm_debug", None),
    ("", "gtm_debug", None),
]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """A row for each case, in one batch."""
    return compute_rows([make_hit(f"{SHARED}&{query}") for query, _, _ in CASES])


@pytest.mark.parametrize("case", range(len(CASES)))
def test_value(case: int, rows: list[dict[str, Any]]) -> None:
    """Each as the tag sent it; null where it said nothing, or nothing that can be read."""
    _, column, value = CASES[case]
    assert rows[case][column] == value


def test_measurement_id_is_null_where_it_was_not_sent() -> None:
    """The property of a row is known without it."""
    row = compute_rows([make_hit("en=page_view")])[0]
    assert (row["measurement_id"], row["property_id"]) == (None, "G-1")


def test_captured(captured: list[dict[str, Any]]) -> None:
    """Sessions and page loads of real tags; two of them number loads at random, one with 16 digits."""
    loads = [row["page_load_hash"] for row in captured if row["page_load_hash"]]
    assert {load.year for load in loads} == {2024, 2025, 2026}
    assert "8973865428251586" in {row["client_session_id"] for row in captured}
    assert max(row["client_session_number"] or 0 for row in captured) == 41
