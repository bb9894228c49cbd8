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
protocol_excluded_params = declare(
    String, stored=False,
    doc="Parameters that the protocol's own server removes from page URLs, joined by commas; see `url_facts`.",
)  # fmt: skip
excluded_url_params = setting(
    "excluded_url_params", String, doc="Query parameters to remove from page_location, joined by commas."
)


@event(stored=False)
def url(page_url: String, excluded_url_params: String, protocol_excluded_params: String) -> UrlFacts:
    """The page's URL taken apart. What cannot be parsed is null, and costs no other column."""
    return ops.per_distinct((page_url, excluded_url_params, protocol_excluded_params), url_facts, UrlFacts)


def url_facts(url: str | None, excluded: str | None, everywhere: str | None = None) -> tuple[str | None, ...] | None:
    """Location without excluded parameters, host, decoded path, then the value of each of `QUERY_KEYS`: the query's,
    else the fragment's, where campaign links for single-page sites have it.

    Names in `excluded` leave the query, written exactly so. Those in `everywhere` leave query, fragment and path
    (`;jsessionid=...`), in any case of their letters. Both are joined by commas; a `*` in a name stands for any
    characters. What stays is neither re-encoded nor re-ordered.
    """
    if not url:
        return None
    before, query, fragment = parts(url)
    if everywhere and ";" in before:
        before = _in_path(everywhere).sub("", before)
    host, path = _host_and_path(before)
    found: dict[str, str] = {}
    for part in (query, fragment_query(fragment)):
        if part:
            for key, value in _KNOWN.findall(part):
                found.setdefault(key, unquote_plus(value))
    location = _without(before, query, fragment, excluded or "", everywhere or "")
    return (location, host, path, *(found.get(key) for key in QUERY_KEYS))


def parts(url: str) -> tuple[str, str | None, str | None]:
    """What stands before the query, the query, and the fragment; None where there is none."""
    rest, hash_mark, fragment = url.partition("#")
    before, mark, query = rest.partition("?")
    return before, query if mark else None, fragment if hash_mark else None


def fragment_query(fragment: str | None) -> str | None:
    """What may hold parameters in a fragment: what follows its last question mark, else all of it."""
    return fragment and fragment.rpartition("?")[2]


def host_of(url: str) -> str | None:
    """The host of a URL, without port."""
    return _host_and_path(parts(url)[0])[0]


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


def _without(before: str, query: str | None, fragment: str | None, excluded: str, everywhere: str) -> str:
    """The URL put together again; where no excluded parameter is present, byte for byte the same."""
    if query:
        before += _marked("?", query, _kept(query, _names(excluded, everywhere)))
    elif query is not None:
        before += "?"
    if not fragment or not everywhere:
        return before if fragment is None else f"{before}#{fragment}"
    route, mark, pairs = fragment.rpartition("?")
    return before + _marked("#", fragment, route + _marked(mark, pairs, _kept(pairs, _names("", everywhere))))


def _marked(mark: str, text: str, kept: str) -> str:
    """What is kept of `text`, after its mark; nothing where nothing is left."""
    return mark + kept if kept or not text else ""


def _kept(pairs: str, names: re.Pattern[str] | None) -> str:
    """`pairs` without the parameters of these names: the same text where none is there."""
    if names is None or not names.search(pairs):
        return pairs
    return "&".join(pair for pair in pairs.split("&") if not names.match(pair))


@lru_cache
def _names(exact: str, any_case: str) -> re.Pattern[str] | None:
    """Matches a parameter of one of these names, joined by commas; None: there are no names."""
    alternatives = [_alternatives(exact), f"(?i:{_alternatives(any_case)})" if any_case else ""]
    names = "|".join(filter(None, alternatives))
    return re.compile(rf"(?:^|(?<=&))(?:{names})(?:=|&|$)") if names else None


@lru_cache
def _in_path(names: str) -> re.Pattern[str]:
    """Matches a path parameter of one of these names, joined by commas."""
    return re.compile(rf";(?:{_alternatives(names)})=[^;/]*", re.IGNORECASE)


def _alternatives(names: str) -> str:
    return "|".join(re.escape(name.strip()).replace(r"\*", "[^=&;/]*") for name in names.split(",") if name.strip())
