"""Searches on the site, told by the tag or by a page's URL."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tracker.protocols.matomo.auth import MatomoSettings
from tracker.protocols.matomo.search import search_in_url

Row = dict[str, Any]
SHOP = "https://shop.example/"
DEFAULT = ",".join(MatomoSettings().site_search_parameters)


def page(url: str) -> str:
    """The query of a view of that page."""
    return f"url={quote(url, safe='')}"


def properties(**settings: Any) -> dict[str, Any]:
    """Settings of the one property."""
    return {"properties": {"1": settings}}


def test_a_search_that_the_tag_reports(row: Callable[..., Row]) -> None:
    """Words, category and number of results; the page stays, although Matomo forgets it."""
    sent = row(f"search=red+shoes&search_cat=Men&search_count=0&{page(SHOP)}")
    assert sent["name"] == "site_search"
    assert (sent["params_search_term"], sent["params_search_keyword"]) == ("red shoes", "red shoes")
    assert (sent["params_search_category"], sent["params_search_count"]) == ("Men", 0)
    assert (sent["page_location"], sent["is_page_view"]) == (SHOP, False)


def test_nothing_searched_is_null(row: Callable[..., Row]) -> None:
    """On a page view, and on a search that says no more than its words."""
    names = ("term", "keyword", "category", "count")
    assert [row(page(SHOP))[f"params_search_{name}"] for name in names] == [None] * 4
    assert [row("search=x")[f"params_search_{name}"] for name in names] == ["x", "x", None, None]


@pytest.mark.parametrize(("sent", "count"), [("-1", None), ("many", None), ("", None), ("12", 12)])
def test_number_of_results(row: Callable[..., Row], sent: str, count: int | None) -> None:
    """Less than nothing is not known."""
    assert row(f"search=x&search_count={sent}")["params_search_count"] == count


def test_long_categories_are_cut(row: Callable[..., Row]) -> None:
    """At 200 characters, wherever they come from."""
    settings = properties(site_search_category_parameters=["c"])
    assert row(f"search=x&search_cat={'c' * 201}")["params_search_category"] == "c" * 200
    assert row(page(f"{SHOP}?q=x&c={'c' * 201}"), settings)["params_search_category"] == "c" * 200


def test_a_search_in_a_url(row: Callable[..., Row]) -> None:
    """It is a search and no page view, and only the words the tag itself reports are its keyword."""
    sent = row(page(f"{SHOP}find?q=red+shoes&search_count=7"))
    assert (sent["name"], sent["is_page_view"], sent["session_total_page_views"]) == ("site_search", False, 0)
    assert (sent["params_search_term"], sent["params_search_keyword"]) == ("red shoes", None)
    assert (sent["params_search_category"], sent["params_search_count"]) == (None, 7)
    assert sent["page_location"] == f"{SHOP}find?q=red+shoes&search_count=7"


@pytest.mark.parametrize(
    ("url", "term"),
    [
        ("?q=x", "x"),
        ("?q[]=x&q[]=y", "x"),
        ("?q%5B%5D=x", "x"),
        ("?a=1&KEYWORDS=x", "x"),
        ("?s=late&query=early", "early"),
        ("?q=&s=x", "x"),
        ("?q=+&s=x", "x"),
        ("?q=+#q=x", "x"),
        ("?q=caf%C3%A9+", "café"),
        ("?q=%ZZ", "%ZZ"),
        ("#q=x", "x"),
        ("#/find?q=x", "x"),
        ("?q=query#q=fragment", "query"),
        ("?a=1", None),
        ("?quiz=1", None),
        ("q=x", None),
        ("#top", None),
        ("", None),
    ],
)
def test_words_in_urls(url: str, term: str | None) -> None:
    """The first of the names that has a value, in the query and then in the fragment, in any case of letters."""
    found = search_in_url(SHOP + url, DEFAULT, "")
    assert (found and found[0]) == term


@pytest.mark.parametrize(
    "query", ["ping=1", "idgoal=1", "link=x", "e_c=a&e_a=b", "c_n=x", "ca=1", "ma_id=x", "idgoal=0&ec_id=1"]
)
def test_only_page_views_search_by_url(row: Callable[..., Row], query: str) -> None:
    """What else happens on the page with the results is no search."""
    sent = row(f"{query}&{page(SHOP + '?q=x&search_count=1')}")
    assert sent["name"] != "site_search"
    assert (sent["params_search_term"], sent["params_search_count"]) == (None, None)


def test_the_tags_own_words_go_first(row: Callable[..., Row]) -> None:
    """A search that the tag reports takes nothing from the URL."""
    sent = row(f"search=hats&{page(SHOP + '?q=shoes&search_count=1')}")
    assert (sent["params_search_term"], sent["params_search_count"]) == ("hats", None)


@pytest.mark.parametrize(
    ("settings", "name"), [({}, "site_search"), ({"site_search_parameters": []}, "page_view"),
                           ({"site_search_parameters": ["find"]}, "page_view")]
)  # fmt: skip
def test_each_property_names_its_parameters(row: Callable[..., Row], settings: dict[str, Any], name: str) -> None:
    """None switches it off."""
    assert row(page(f"{SHOP}?q=x"), properties(**settings))["name"] == name


def test_own_names(row: Callable[..., Row]) -> None:
    """Of the words and of the category."""
    settings = properties(site_search_parameters="Find, look", site_search_category_parameters="Where")
    sent = row(page(f"{SHOP}?look=x&where=Men"), settings)
    assert (sent["name"], sent["params_search_term"], sent["params_search_category"]) == ("site_search", "x", "Men")


def test_searches_of_a_session(rows: Callable[..., list[Row]]) -> None:
    """Both kinds count; the same words are one."""
    sent = rows("search=x", page(f"{SHOP}?q=x"), page(f"{SHOP}?q=X"), page(SHOP), f"ping=1&{page(SHOP + '?q=y')}")
    assert (sent[0]["session_total_site_searches"], sent[0]["session_unique_site_searches"]) == (3, 2)


def test_captured(captured: list[Row]) -> None:
    """Searches that clients reported."""
    found = [row for row in captured if row["name"] == "site_search"]
    assert [row["params_search_term"] for row in found] == ["kw", "kw", "kw2", "kw"]
    assert [row["params_search_count"] for row in found] == [3, 0, None, 0]
    assert [row["params_search_category"] for row in found] == ["cat", "cat", None, "cat"]
