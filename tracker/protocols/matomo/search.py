"""Searches on the site: those the tag reports, and those that a page's URL gives away."""

from typing import Annotated
from urllib.parse import parse_qsl

import pyarrow as pa

from tracker.columns import Int64, String, event, ops, param, struct_of
from tracker.columns.words import setting
from tracker.protocols.matomo.columns import MATOMO

MAX_CATEGORY = 200
Search = tuple[str, str | None, int | None]
"""Words, category and number of results."""
SearchInUrl = Annotated[pa.StructArray, struct_of(term=String, category=String, count=Int64)]

matomo_search_category = param("search_cat", type=String, protocol=MATOMO, doc="Category as the tag sends it.")
matomo_search_count = param("search_count", type=Int64, protocol=MATOMO, doc="Number of results as the tag sends it.")
site_search_parameters = setting(
    "site_search_parameters", String, doc="Parameters of a page's URL that hold words searched for, joined by commas."
)
site_search_category_parameters = setting(
    "site_search_category_parameters", String, doc="Parameters of a page's URL that hold a category, joined by commas."
)

params_search_keyword = param(
    "search",
    type=String,
    protocol=MATOMO,
    stored=True,
    doc="Words searched for on the site, where the tag itself reported a search; see params_search_term.",
)


@event(protocol=MATOMO, stored=False)
def matomo_search_in_url(
    page_url: String, matomo_action: String, site_search_parameters: String, site_search_category_parameters: String
) -> SearchInUrl:
    """The search that the URL of a page view carries; null on everything else."""
    viewed = ops.only_where(ops.equal(matomo_action, "page_view"), page_url)
    # One text instead of three inputs: different texts are found three times as fast as different triples.
    whole = ops.concat(site_search_parameters, "\n", site_search_category_parameters, "\n", viewed)
    return ops.per_distinct(whole, _search_in_whole, SearchInUrl)


@event(protocol=MATOMO, stored=False)
def matomo_searched(matomo_search_in_url: SearchInUrl) -> String:
    """The words searched for that a URL carries."""
    return ops.field(matomo_search_in_url, "term")


@event(protocol=MATOMO)
def params_search_term(params_search_keyword: String, matomo_searched: String) -> String:
    """What was searched for on the site: as the tag reports it, otherwise as the page's URL has it."""
    return ops.coalesce(params_search_keyword, matomo_searched)


@event(protocol=MATOMO)
def params_search_category(matomo_search_category: String, matomo_search_in_url: SearchInUrl) -> String:
    """Category that was searched in, at most 200 characters."""
    category = ops.coalesce(matomo_search_category, ops.field(matomo_search_in_url, "category"))
    return ops.first_characters(category, MAX_CATEGORY)


@event(protocol=MATOMO)
def params_search_count(matomo_search_count: Int64, matomo_search_in_url: SearchInUrl) -> Int64:
    """How many results a search had; 0 is a search in vain, null is not known."""
    count = ops.coalesce(matomo_search_count, ops.field(matomo_search_in_url, "count"))
    return ops.only_where(ops.at_least(count, 0), count)


def search_in_url(url: str, keywords: str, categories: str) -> Search | None:
    """Words, category and number of results in a URL's query, else in its fragment; None where nothing was searched.

    Of `keywords` (names joined by commas, in any case) the first with a value counts; of `categories` too. `name[]`,
    as forms write lists, is `name`.
    """
    address, _, fragment = url.partition("#")
    query = address.partition("?")[2]
    if not keywords or not (query or fragment):
        return None
    sent: dict[str, str] = {}
    for part in (query, fragment.rpartition("?")[2]):
        for name, value in parse_qsl(part):
            if text := value.strip():
                sent.setdefault(name.lower().partition("[")[0], text)
    term = _first(sent, keywords)
    if term is None:
        return None
    return term, _first(sent, categories), _count(sent.get("search_count", ""))


def _search_in_whole(whole: str) -> Search | None:
    keywords, categories, url = whole.split("\n", 2)
    return search_in_url(url, keywords, categories)


def _first(sent: dict[str, str], names: str) -> str | None:
    return next((sent[name] for name in names.lower().split(",") if name in sent), None)


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
