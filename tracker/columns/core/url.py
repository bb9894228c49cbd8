"""The page's URL taken apart: once per distinct URL of a batch, into one struct that the page and campaign columns
read.
"""

import re
from functools import lru_cache
from typing import Annotated
from urllib.parse import unquote, unquote_plus

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.types import String, struct_of
from tracker.columns.words import declare, event, setting

UTM = (
    "source",
    "medium",
    "campaign",
    "term",
    "content",
    "id",
    "source_platform",
    "creative_format",
    "marketing_tactic",
)
CLICK_IDS = ("gclid", "dclid", "gbraid", "wbraid", "srsltid", "fbclid", "msclkid")
QUERY_KEYS = (*(f"utm_{part}" for part in UTM), *CLICK_IDS)
"""Query parameters that become columns."""

UrlFacts = Annotated[
    pa.StructArray, struct_of(location=String, hostname=String, path=String, **dict.fromkeys(QUERY_KEYS, String))
]

page_url = declare(String, stored=False, doc="The page's URL exactly as sent.")
excluded_url_params = setting(
    "excluded_url_params", String, doc="Query parameters to remove from page_location, joined by commas."
)


@event(stored=False)
def url(page_url: String, excluded_url_params: String) -> UrlFacts:
    """The page's URL taken apart. What cannot be parsed is null, and costs no other column."""
    return ops.per_distinct((page_url, excluded_url_params), url_facts, UrlFacts)


def url_facts(url: str | None, excluded: str | None) -> tuple[str | None, ...] | None:
    """Location without excluded parameters, host, decoded path, then the value of each of `QUERY_KEYS`: the query's,
    else the fragment's, where campaign links for single-page sites have it.
    """
    if not url:
        return None
    rest, _, fragment = url.partition("#")
    before, mark, query = rest.partition("?")
    host, path = _host_and_path(before)
    found: dict[str, str] = {}
    for part in (query, fragment.rpartition("?")[2]):
        for key, value in _KNOWN.findall(part):
            found.setdefault(key, unquote_plus(value))
    location = _without(url, before, mark, query, fragment, excluded)
    return (location, host, path, *(found.get(key) for key in QUERY_KEYS))


_KNOWN = re.compile(rf"(?:^|(?<=&))({'|'.join(QUERY_KEYS)})=([^&]+)")
"""A query parameter that becomes a column, with its value; empty values do not count."""


def _host_and_path(before: str) -> tuple[str | None, str | None]:
    _, separator, rest = before.partition("://")
    if not separator:
        if not before.startswith("//"):
            return None, unquote(before) if before.startswith("/") else None
        rest = before[2:]
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return host or None, unquote(slash + path) or None


def _without(url: str, before: str, mark: str, query: str, fragment: str, excluded: str | None) -> str:
    """The URL without excluded parameters; byte for byte the same where none is present. Nothing else is re-encoded."""
    if not query or not excluded or not _names(excluded).search(query):
        return url
    kept = "&".join(piece for piece in query.split("&") if not _names(excluded).match(piece))
    rest = f"{before}{mark}{kept}" if kept else before
    return f"{rest}#{fragment}" if "#" in url else rest


@lru_cache
def _names(excluded: str) -> re.Pattern[str]:
    """Matches a query parameter of one of these names, joined by commas."""
    names = "|".join(re.escape(name) for name in excluded.split(","))
    return re.compile(rf"(?:^|(?<=&))(?:{names})(?:=|&|$)")
