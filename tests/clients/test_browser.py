"""A real browser on a page of another origin: what tags send arrives, and what they read of the answers can be read."""

import json

import pytest

from tests.clients.programs import needs_chromium
from tests.clients.shown import parameters, some
from tests.clients.site import PAGES, browse
from tests.clients.tracked import Visit, visit

pytestmark = needs_chromium
GA4 = (
    "no_cors", "cors", "streaming_get", "streaming_1", "streaming_2", "beacon_1", "beacon_2", "pixel", "json",
)  # fmt: skip
MATOMO = ("long", "short", "pixel", "form", "bulk_1", "bulk_2", "json_1")
BLOCKED = "unreadable"
"""What the page says of an answer that the browser kept from it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A page that sends hits in all the ways of tags."""
    folder, hits = tmp_path_factory.mktemp("browser"), len(GA4) + len(MATOMO) + 1
    return visit(folder, lambda to: browse(to, folder, {"/shop": PAGES / "tags.html"}, "/shop", hits))


def test_every_ga4_hit_is_a_row(made: Visit) -> None:
    """Fetch, XHR, beacon and image, the query alone and lines of a body."""
    assert sorted(row["name"] for row in made.all(property_id="G-PAGE")) == sorted(GA4)


def test_every_matomo_hit_is_a_row(made: Visit) -> None:
    """Beacon, image, form and bulk, in the query and in the body."""
    assert sorted(row["page_path"] for row in made.all(property_id="5")) == sorted(f"/{name}" for name in MATOMO)


def test_page(made: Visit) -> None:
    """Its URL and title are those that the browser knows, and its language comes with every request."""
    row = made.only(name="no_cors")
    assert some(row, "page_location", "page_title", "utm_source", "device_language", "client_id") == (
        f"{made.said['site']}/shop",
        "Tägs",
        "news",
        "en-US",
        "1.1700000000",
    )


def test_hits_of_a_page_are_one_session(made: Visit) -> None:
    """In the order in which the page sent them, however they arrived."""
    rows = sorted(
        made.all(property_id="G-PAGE", tracking_protocol="ga4_gtag"), key=lambda row: row["session_hit_number"]
    )
    assert len({row["session_id"] for row in rows}) == 1
    assert [row["name"] for row in rows] == [name for name in GA4 if name != "json"]


def test_answers_nobody_reads(made: Visit) -> None:
    """A request without CORS gets an answer that says nothing; its hit counts all the same."""
    assert made.said["ga4_no_cors"] == {"type": "opaque", "status": 0, "body": ""}


@pytest.mark.parametrize("call", ["ga4_cors", "ga4_get", "ga4_post", "server", "matomo_form"])
def test_answers_to_credentials_can_be_read(made: Visit, call: str) -> None:
    """A page that sends credentials may read that its hit was taken."""
    assert made.said[call]["status"] == 204


@pytest.mark.parametrize("call", ["ga4_refused", "matomo_refused"])
def test_refusals_can_be_read(made: Visit, call: str) -> None:
    """A page may read that its hit was refused: otherwise it looks like a broken network."""
    assert made.said[call] != BLOCKED
    assert made.said[call]["status"] == 400
    assert made.rejected == {"no_property": 1, "bad_client": 1}


def test_lines_of_a_beacon(made: Visit) -> None:
    """Each line between CR LF is an event with parameters of its own."""
    first, second = made.only(name="beacon_1"), made.only(name="beacon_2")
    assert made.said["ga4_beacon"] is True
    assert (parameters(first), parameters(second)) == ({"text": "ü & +", "count": 3.0}, {})
    assert parameters(second, "user_properties") == {"plan": "gold"}
    assert some(first, "params_engagement_time_ms", "session_engagement_time_ms") == (1500, 1500)


def test_line_replaces_the_query(made: Visit) -> None:
    """A title on one line of the body is that event's only."""
    assert [made.only(name=name)["page_title"] for name in ("streaming_1", "streaming_2")] == ["Tägs", "Own"]


def test_json_after_a_preflight(made: Visit) -> None:
    """A page may send the Measurement Protocol's JSON, with headers of its own."""
    row = made.only(name="json")
    assert made.said["server"]["type"] == "cors"
    assert some(row, "property_id", "tracking_protocol", "client_session_id") == ("G-PAGE", "ga4_mp", "1760000000")


def test_long_beacon(made: Visit) -> None:
    """What is too long for a query comes as a form, whole."""
    row = made.only(property_id="5", page_path="/long")
    assert made.said["matomo_beacon"] is True
    assert row["page_title"] == "Long"
    assert row["custom_dimensions"] == [{"slot": slot, "value": "x" * 250} for slot in range(1, 13)]


def test_image_is_one(made: Visit) -> None:
    """A page that asks Matomo for an image gets one, so that its callback is called."""
    assert made.said["matomo_image"] == {"width": 1}


def test_image_without_a_page(made: Visit) -> None:
    """Where a hit names no page, the browser does."""
    assert made.said["matomo_referer"] == {"width": 1}
    assert made.only(property_id="6")["page_location"] == f"{made.said['site']}/"


def test_bulk_as_a_form(made: Visit) -> None:
    """JSON that calls itself a form, as Matomo's tag sends it, is read, and its answer too."""
    assert made.said["matomo_bulk"]["status"] == 200
    assert json.loads(made.said["matomo_bulk"]["body"]) == {"status": "success", "tracked": 2, "invalid": 0}


def test_bulk_as_json(made: Visit) -> None:
    """It needs a preflight, after which the browser sends it and reads the answer."""
    assert made.said["matomo_json"]["status"] == 200
    assert json.loads(made.said["matomo_json"]["body"])["tracked"] == 1
