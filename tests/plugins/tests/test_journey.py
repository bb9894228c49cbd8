"""The journey columns: most as plain functions, boundaries and inputs through a whole batch."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import journey
import pyarrow as pa

from tracker.model import Hit
from tracker.testing import compute_rows, events, make_hit
from tracker.testing.hits import NOW


def view(path: str, seconds: int = 0, **headers: str) -> Hit:
    """A page view, so many seconds after the first."""
    query = f"v=2&tid=G-1&cid=1.1&en=page_view&dl=https://shop.example{path}&up.plan=pro&up.age=old"
    return make_hit(query, received_at=NOW + seconds * 1_000_000, headers=headers)


def test_sections() -> None:
    """The first part of the path is the section."""
    assert journey.section_and_depth("/shop/shoes") == ("/shop", 2)


def test_sections_of_a_session() -> None:
    """Each section stands once, in the order of the first visit."""
    sections = events([["/shop", "/help", "/shop"], ["/help"]])
    is_view = events([[True, True, True], [False]])
    assert journey.session_sections(sections, is_view).to_pylist() == [["/shop", "/help"], []]


def test_events_on_page() -> None:
    """Every event of a page has the number of events from its page view to the next."""
    assert journey.events_on_page(events([[True, False, False, True]])).to_pylist() == [[3, 3, 3, 1]]


def test_first_visit_to_another_section() -> None:
    """Only the first event outside the entry section counts."""
    found = journey.is_first_visit_to_section(events([["/a", "/b", "/b"]]), pa.array(["/a", "/a", "/a"]))
    assert found.to_pylist() == [False, True, False]


def test_support_boundary() -> None:
    """Coming in from elsewhere cuts; going on inside does not."""
    assert journey.support_opened(events([["/shop", "/support", "/support"]])).to_pylist() == [False, True, False]


def test_running_boundary() -> None:
    """It compares with the first event of the session as it is cut so far."""
    first, later = (datetime(2025, 1, 1, hour, tzinfo=UTC) for hour in (0, 7))
    found = journey.longer_than_a_day_out(events([[first, later]]), events([[first, first]]))
    assert found.to_pylist() == [False, True]


def test_region() -> None:
    """The region is that of the first language."""
    assert [journey.region_of(text) for text in ("de-CH,de;q=0.9", "en", "*")] == ["CH", None, None]


def test_section_name() -> None:
    """A resource is handed over as it is, and may be missing."""
    paths = pa.array(["/shop", "/x"])
    found = [journey.page_section_name(paths, names).to_pylist() for names in ({"/shop": "Our shop"}, None)]
    assert found == [["Our shop", None], [None, None]]


def test_support_is_a_session_of_its_own(settings: dict[str, Any]) -> None:
    """The boundary cuts a whole batch, and is named as the cause."""
    rows = compute_rows([view("/shop/shoes"), view("/support", 5), view("/support/ask", 9)], settings)
    assert [row["page_section"] for row in rows] == ["/shop", "/support", "/support"]
    assert [row["session_split_cause"] for row in rows] == [None, "support_opened", "support_opened"]


def test_running_boundary_is_asked_again(settings: dict[str, Any]) -> None:
    """A page view every twenty minutes for thirteen hours is three sessions of less than six hours."""
    rows = compute_rows([view("/a", 1_200 * number) for number in range(40)], settings)
    assert sorted(Counter(row["session_id"] for row in rows).values()) == [4, 18, 18]


def test_inputs(settings: dict[str, Any]) -> None:
    """Headers, parameters by prefix and providers all reach their columns."""
    (row,) = compute_rows([view("/shop", **{"save-data": "on", "accept-language": "de-CH,de"})], settings)
    assert row["user_property_list"] == [{"name": "plan", "value": "pro"}, {"name": "age", "value": "old"}]
    assert (row["wants_less_data"], row["page_depth"], row["visitor_region"]) == (True, 1, "CH")
