"""npm's `matomo-tracker-react-native`: apps, which send a form and write `undefined` where they know nothing."""

import pytest

from tests.clients.programs import needs_npm, node
from tests.clients.shown import some
from tests.clients.tracked import Visit, visit

pytestmark = needs_npm("matomo-tracker-react-native")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A visit of an app."""
    return visit(tmp_path_factory.mktemp("native"), lambda to: node("matomo_react_native.cjs", to.url))


def test_every_hit_is_a_row(made: Visit) -> None:
    """Each form is answered with 204, and is a hit of its kind."""
    assert made.said["statuses"] == [204] * 10
    assert made.names() == [
        "page_view", "page_view", "page_view", "custom_event", "custom_event", "content_impression",
        "content_interaction", "site_search", "outlink", "download",
    ]  # fmt: skip
    assert made.rejected == {}


def test_who(made: Visit) -> None:
    """What the app says of its visitor once is sent with every hit after it."""
    who = {some(row, "property_id", "client_id", "user_id", "device_screen_resolution") for row in made.rows}
    assert who == {("8", "0123456789abcdef", "user-8", "390x844")}


def test_hits_are_one_session(made: Visit) -> None:
    """A visit of ten hits, three of them screens."""
    assert len({row["session_id"] for row in made.rows}) == 1
    assert some(made.rows[0], "session_total_events", "session_total_page_views") == (10, 3)


def test_screens(made: Visit) -> None:
    """Titles of screens, with a page where the app named one."""
    assert [some(row, "page_title", "page_location") for row in made.all(name="page_view")] == [
        ("App / start", None),
        ("Screen / Home", "https://app.example/home"),
        ("Pull / Refresh", None),
    ]


def test_undefined_is_nothing(made: Visit) -> None:
    """A page, an event's name, a value and a campaign of `undefined` were never given."""
    row = made.all(name="custom_event")[0]
    assert some(row, "params_category", "params_action") == ("Videos", "Play")
    assert some(row, "page_location", "params_event_name", "params_value", "utm_campaign") == (None,) * 4
    assert [column for row in made.rows for column, value in row.items() if value == "undefined"] == []


def test_event(made: Visit) -> None:
    """Category, action, name and value."""
    row = made.all(name="custom_event")[1]
    assert some(row, "params_category", "params_action", "params_event_name", "params_value") == (
        "Videos",
        "Pause",
        "Intro",
        12.5,
    )


def test_campaign(made: Visit) -> None:
    """It comes as a parameter of the hit, not of a page's URL."""
    assert [row["name"] for row in made.all(utm_campaign="spring")] == ["custom_event"]


def test_content(made: Visit) -> None:
    """What was shown, and what was done with it."""
    shown, used = made.only(name="content_impression"), made.only(name="content_interaction")
    assert some(shown, "params_content_name", "params_content_piece", "params_content_target") == (
        "Banner",
        "tea.png",
        "https://app.example/tea",
    )
    assert some(used, "params_content_name", "params_content_interaction", "params_content_target") == (
        "Banner",
        "tap",
        None,
    )


def test_search(made: Visit) -> None:
    """What was searched for, where, and how much was found."""
    row = made.only(name="site_search")
    assert some(row, "params_search_term", "params_search_category", "params_search_count") == (
        "grüner tee",
        "Drinks",
        3,
    )


def test_links(made: Visit) -> None:
    """Where a link led, its own query included, and which file was loaded from where."""
    out, file = made.only(name="outlink"), made.only(name="download")
    assert some(out, "params_link_url", "page_location") == ("https://elsewhere.example/?a=1&b=2", None)
    assert some(file, "params_download_url", "page_location") == (
        "https://app.example/list.pdf",
        "https://app.example/files",
    )
