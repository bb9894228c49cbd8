"""Session boundaries written in SQL."""

from typing import Any

import pytest

from tracker import app
from tracker.config import Settings
from tracker.errors import Problems
from tracker.model import Hit
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW


def view(path: str, seconds: int = 0) -> Hit:
    """A page view of one visitor."""
    query = f"v=2&tid=G-1&cid=1.1&en=page_view&dl=https://shop.example{path}"
    return make_hit(query, received_at=NOW + seconds * 1_000_000)


def causes(sql: str, *paths: str, **more: Any) -> list[str | None]:
    """The split cause of each event's session, with a boundary `mine`."""
    settings = {"columns": {"mine": {"sql": sql, "scope": "boundary", **more.pop("options", {})}}, **more}
    rows = compute_rows([view(path, n) for n, path in enumerate(paths)], settings)
    return [row["session_split_cause"] for row in rows]


def test_it_cuts_where_it_is_true() -> None:
    """Its name is the cause; the first event of a visitor is no cut."""
    found = causes("page_path LIKE '/new%'", "/new", "/a", "/new", "/b")
    assert found == [None, None, "mine", "mine"]


def test_the_event_before() -> None:
    """`previous_NAME` is the value of the event before, in the session as it is cut so far."""
    sql = "page_path LIKE '/help%' AND previous_page_path NOT LIKE '/help%'"
    assert causes(sql, "/a", "/help", "/help/2", "/b") == [None, "mine", "mine", "mine"]


def test_the_first_event_of_the_session() -> None:
    """With `first_NAME` it is asked again after each cut."""
    sql = "timestamp_utc >= first_timestamp_utc + INTERVAL 2 SECOND"
    rows = compute_rows([view("/", n) for n in range(6)], {"columns": {"mine": {"sql": sql, "scope": "boundary"}}})
    sessions = [row["session_id"] for row in rows]
    assert [sessions.index(one) for one in sessions] == [0, 0, 2, 2, 4, 4]


def test_order() -> None:
    """The first boundary to cut names the cause."""
    other = {"columns": {"other": {"sql": "page_path = '/b'", "scope": "boundary", "order": 50}}}
    settings = {"columns": {"mine": {"sql": "page_path = '/b'", "scope": "boundary", "order": 40}, **other["columns"]}}
    assert compute_rows([view("/a"), view("/b", 1)], settings)[1]["session_split_cause"] == "mine"


def test_a_property_switches_it_off() -> None:
    """As every boundary."""
    assert causes("page_path = '/b'", "/a", "/b", properties={"G-1": {"boundaries": {"mine": False}}}) == [None, None]


def test_it_is_in_no_table() -> None:
    """A boundary has no value."""
    assert (
        "mine"
        not in compute_rows([view("/")], {"columns": {"mine": {"sql": "page_path = '/b'", "scope": "boundary"}}})[0]
    )


def test_a_row_that_fails_is_no_cut() -> None:
    """And costs no other."""
    found = causes("split_part(page_path, '/', 2)::INTEGER > 7", "/1", "/x", "/8", "/2")
    assert found == [None, None, "mine", "mine"]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("session_entry_page_path = '/'", "a boundary cannot read the session column 'session_entry_page_path': there"),
        ("page_path", "it must be true or false, and is VARCHAR"),
        ("entry_page_too", "it is a boundary and cannot depend on 'entry_page_too', which needs sessions"),
    ],
)  # fmt: skip
def test_what_it_cannot_read(sql: str, problem: str) -> None:
    """Nothing that needs sessions, and nothing but true or false."""
    late = {"sql": "page_path = session_entry_page_path"}
    section = {"columns": {"mine": {"sql": sql, "scope": "boundary"}, "entry_page_too": late}}
    with pytest.raises(Problems) as raised:
        app.registry(Settings.model_validate(section))
    assert problem in str(raised.value.problems[0])
