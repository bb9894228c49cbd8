"""Campaign columns of GA4 traffic; Matomo's own names are tested with Matomo."""

from typing import Any
from urllib.parse import quote

from tracker.columns.core.url import CLICK_IDS, UTM
from tracker.testing import compute_rows, make_hit


def page(url: str, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """The row of a page view of `url`."""
    (row,) = compute_rows([make_hit(f"en=page_view&dl={quote(url, safe='')}")], settings)
    return row


def test_every_parameter_of_a_link_has_its_column() -> None:
    """Nine utm parameters and seven click ids, case kept."""
    utm = {f"utm_{part}": f"U-{part}" for part in UTM}
    clicks = {click: f"C-{click}" for click in CLICK_IDS}
    row = page("https://a.example/?" + "&".join(f"{key}={value}" for key, value in (utm | clicks).items()))
    assert {key: row[key] for key in utm} == utm
    assert {key: row[f"click_id_{key}"] for key in clicks} == clicks
    assert row["page_location"] == "https://a.example/"


def test_a_page_without_campaign_has_none() -> None:
    """Absent and empty are null, and so are names that only Matomo knows."""
    row = page("https://a.example/?utm_source=&mtm_campaign=a&pk_kwd=b")
    assert [row[f"utm_{part}"] for part in UTM] == [None] * 9
    assert [row[f"click_id_{click}"] for click in CLICK_IDS] == [None] * 7
    assert row["page_location"] == "https://a.example/?mtm_campaign=a&pk_kwd=b"
    assert (row["matomo_campaign_name"], row["matomo_campaign_keyword"]) == (None, None)


def test_what_is_excluded_is_a_setting() -> None:
    """A property may keep its campaigns in the location and remove something else."""
    settings = {"properties": {"G-1": {"excluded_url_params": ["token"]}}}
    row = page("https://a.example/?token=1&utm_source=x", settings)
    assert (row["page_location"], row["utm_source"]) == ("https://a.example/?utm_source=x", "x")


def test_each_property_excludes_its_own() -> None:
    """One URL of two properties of one batch is two URLs."""
    shared, other = (quote(f"https://a.example/{path}?x=1&y=2", safe="") for path in "ab")
    hits = [
        make_hit(f"en=page_view&dl={shared}"),
        make_hit(f"en=page_view&dl={shared}", property_id="G-2"),
        make_hit(f"en=page_view&dl={other}"),
    ]
    settings = {"properties": {"G-1": {"excluded_url_params": ["x"]}, "G-2": {"excluded_url_params": ["y"]}}}
    assert [row["page_location"] for row in compute_rows(hits, settings)] == [
        "https://a.example/a?y=2", "https://a.example/a?x=1", "https://a.example/b?y=2",
    ]  # fmt: skip


def test_a_session_takes_its_campaign_from_one_page_view() -> None:
    """The first that has any part of one."""
    urls = ["https://a.example/", "https://a.example/?utm_medium=m", "https://a.example/?utm_campaign=c&utm_source=s"]
    rows = compute_rows([make_hit(f"en=page_view&dl={quote(url, safe='')}") for url in urls])
    found = rows[0]["session_utm_medium"], rows[0]["session_utm_campaign"], rows[0]["session_utm_source"]
    assert found == ("m", None, None)
