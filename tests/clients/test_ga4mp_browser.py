"""npm's `@analytics-debugger/ga4mp` in a real browser, of which it also asks brands, versions and platform."""

from pathlib import Path

import pytest

from tests.clients.programs import NODE_MODULES, needs_chromium, needs_npm
from tests.clients.shown import items, parameters, some
from tests.clients.site import PAGES, browse
from tests.clients.tracked import Visit, visit

PACKAGE = "@analytics-debugger/ga4mp"
pytestmark = [needs_chromium, needs_npm(PACKAGE)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A page view, and something put into a cart."""
    folder = tmp_path_factory.mktemp("ga4mp")
    files = {"/tea": PAGES / "ga4mp.html", "/ga4mp.js": Path(NODE_MODULES) / PACKAGE / "dist/ga4mp.umd.js"}
    return visit(folder, lambda to: browse(to, folder, files, "/tea", 2))


def test_every_event_is_a_row(made: Visit) -> None:
    """Both come by beacon, and are one session."""
    assert sorted(made.names()) == ["add_to_cart", "page_view"]
    assert {some(row, "session_total_events", "client_session_id") for row in made.rows} == {(2, "1760000000")}
    assert made.rejected == {}


def test_page(made: Visit) -> None:
    """What the browser says of its page, its language and its screen."""
    row = made.only(name="page_view")
    assert some(row, "page_title", "page_path", "device_language", "device_screen_resolution") == (
        "Tea & cake",
        "/tea",
        "en-us",
        "800x600",
    )


def test_cart(made: Visit) -> None:
    """What was put into it, and that nothing was bought."""
    row = made.only(name="add_to_cart")
    assert items(row) == [{"item_id": "S-2", "item_name": "Cup", "price": 9.0, "quantity": 1.0}]
    assert some(row, "params_value", "ecommerce_currency", "session_abandoned_cart") == (9.0, "EUR", True)


def test_hints_are_no_parameters(made: Visit) -> None:
    """What the browser says of itself is sent beside the event's own parameters, and does not stand among them."""
    assert [parameters(row) for row in sorted(made.rows, key=lambda row: str(row["name"]))] == [{"value": 9.0}, {}]
