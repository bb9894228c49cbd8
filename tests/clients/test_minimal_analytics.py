"""npm's `@minimal-analytics/ga4` in a real browser: a visitor who clicks, scrolls, and goes on to another page."""

from pathlib import Path

import pytest

from tests.clients.programs import NODE_MODULES, needs_chromium, needs_npm
from tests.clients.shown import parameters, some
from tests.clients.site import PAGES, browse
from tests.clients.tracked import Visit, visit

PACKAGE = "@minimal-analytics/ga4"
pytestmark = [needs_chromium, needs_npm(PACKAGE)]
NAMES = ("click", "file_download", "page_view", "scroll", "sign_up", "user_engagement", "view_search_results")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Two pages of one visit."""
    folder = tmp_path_factory.mktemp("minimal")
    files = {
        "/minimal": PAGES / "minimal.html",
        "/next": PAGES / "minimal_next.html",
        "/ga4.js": Path(NODE_MODULES) / PACKAGE / "dist/index.js",
    }
    return visit(folder, lambda to: browse(to, folder, files, "/minimal", len(NAMES)))


def test_every_event_is_a_row(made: Visit) -> None:
    """All come as a POST with nothing in its body; a link inside the site is no event."""
    assert sorted(made.names()) == list(NAMES)
    assert made.rejected == {}


def test_who(made: Visit) -> None:
    """Ids of 16 digits without a dot are as good as any, leading zeros included."""
    assert {some(row, "client_id", "client_session_id") for row in made.rows} == {
        (made.said["client"], made.said["session"])
    }


def test_pages_are_one_session(made: Visit) -> None:
    """It begins on the first page and ends on the second."""
    assert len({row["session_id"] for row in made.rows}) == 1
    row = made.rows[0]
    assert some(row, "session_total_events", "session_entry_page_path", "session_total_page_views") == (
        len(NAMES),
        "/minimal",
        1,
    )


def test_page(made: Visit) -> None:
    """What the browser says of page and screen."""
    row = made.only(name="page_view")
    assert some(row, "page_title", "page_path", "page_hostname", "device_language", "device_screen_resolution") == (
        "Minimal",
        "/minimal",
        "localhost",
        "en-us",
        "800x600",
    )


def test_first_visit(made: Visit) -> None:
    """Only the first event of a new browser says that it is one."""
    assert [row["name"] for row in made.all(client_first_visit=True)] == ["page_view"]
    assert [row["name"] for row in made.all(client_session_start=True)] == ["page_view"]


def test_outbound_click(made: Visit) -> None:
    """Which link it was, and where it leads."""
    row = made.only(name="click")
    assert some(row, "params_link_url", "params_link_domain", "params_link_id", "params_link_text") == (
        "https://elsewhere.example/there",
        "elsewhere.example",
        "out",
        "Elsewhere",
    )
    assert some(row, "params_link_classes", "params_outbound", "session_total_outbound_clicks") == (
        "button big",
        True,
        1,
    )


def test_download(made: Visit) -> None:
    """Which file it was."""
    row = made.only(name="file_download")
    assert some(
        row, "params_file_name", "params_file_extension", "params_outbound", "session_total_file_downloads"
    ) == (
        "/files/list.pdf",
        "pdf",
        False,
        1,
    )


def test_scroll(made: Visit) -> None:
    """How far down the page."""
    assert some(made.only(name="scroll"), "params_percent_scrolled", "session_total_scrolls") == (90.0, 1)


def test_own_event(made: Visit) -> None:
    """What the site's code sends beside, text and number."""
    row = made.only(name="sign_up")
    assert parameters(row) == {"method": "mail & phone", "score": 7.0}
    assert some(row, "params_method", "params_score") == ("mail & phone", 7)


def test_engagement_at_the_end_of_a_page(made: Visit) -> None:
    """What a page sends while it goes away arrives, and counts."""
    spent = made.only(name="user_engagement")["params_engagement_time_ms"]
    assert 0 < spent <= made.rows[0]["session_engagement_time_ms"]


def test_second_page(made: Visit) -> None:
    """It names the page before it, and tells that something was searched for: the client sends the field's name."""
    row = made.only(name="view_search_results")
    assert some(row, "page_path", "page_title", "params_search_term") == ("/next", "Results", "q")
    assert row["page_referrer"].startswith(f"{made.said['site']}/minimal")
