"""What kind of site a referrer is: a search engine, a social network, ... by lists of hosts, matched by whole words.

The lists are `data/*.csv`. A `host` there is one of

- `search.brave.com`: this host, also with `www.` or `m.` before it;
- `*.facebook.com`: this host and all below it;
- `yandex.*`, `*.pinterest.*`: under `com`, `cat` or a country's domain (`de`, `co.uk`, `com.tr`);
- `x.com/i/grok`: where the path begins so, in whole parts;
- `android-app://com.google.android.gm`: an app, by its package;
- `fb`: what links call it.

Of several that match the longest host counts, and of one host the longest path.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote_plus

from tracker.columns.core.hosts import normal_host, site_of
from tracker.columns.core.url import fragment_query, host_of, parts

DATA = Path(__file__).parent / "data"
KINDS = (
    "search_engines", "ai_assistants", "video_sites", "social_networks", "webmail", "payment_providers",
    "sign_in_pages",
)  # fmt: skip
"""The lists, by the names of their files."""
IGNORED = ("payment_providers", "sign_in_pages")
"""Where visitors only pass through on their way back: never a referrer."""
APP_SCHEMES = ("android-app", "ios-app")
_SAME_SITE_WORDS = ("www", "m")


@dataclass(frozen=True, slots=True)
class Site:
    """A line of a list."""

    kind: str
    name: str
    keywords: tuple[str, ...] = ()
    """Query parameters of the words searched for, the first that has a value counts."""


def referrer_host(referrer: str) -> str | None:
    """The referrer's host in its normal spelling, or an app as `android-app://package`; None for anything else."""
    referrer = referrer.strip()
    scheme, separator, rest = referrer.partition("://")
    scheme = scheme.lower()
    if separator and scheme in APP_SCHEMES:
        package = normal_host(rest.partition("/")[0].partition("?")[0])
        return package and f"{scheme}://{package}"
    if (scheme not in ("http", "https") and not referrer.startswith("//")) or ("[" in rest and "]" not in rest):
        return None
    return normal_host(host_of(referrer))


def leads_here(host: str | None, page_host: str | None, own_hosts: str | None) -> bool:
    """Whether another site led to the page: not the page's own, nor one of `own_hosts` (joined by commas), nor one to
    ignore.

    Where no own host is known at all, only sites of the lists count: any other may be the own one.
    """
    if host is None:
        return False
    site = site_at(host)
    if site is not None and site.kind in IGNORED:
        return False
    if is_app(host):
        return True
    own = {site_of(one) for one in map(normal_host, (page_host, *(own_hosts or "").split(","))) if one}
    return site_of(host) not in own if own else site is not None


def is_app(host: str) -> bool:
    """Whether a host of `referrer_host` is an app."""
    return "://" in host


def site_of_referrer(referrer: str) -> Site | None:
    """The line of the lists that a referrer is on, its path included."""
    host = referrer_host(referrer)
    return (host and site_at(host, _path(referrer))) or None


def site_at(host: str, path: str = "/") -> Site | None:
    """The line of the lists for a normal host and a path."""
    for key in _keys(host):
        for beginning, site in _index().get(key, ()):
            if not beginning or path == beginning or path.startswith(beginning + "/"):
                return site
    return None


def words_searched(referrer: str, keywords: tuple[str, ...]) -> str | None:
    """The first of these parameters that has a value, in the query or else the fragment of a referrer."""
    _, query, fragment = parts(referrer)
    found: dict[str, str] = {}
    for text in (query, fragment_query(fragment)):
        for pair in (text or "").split("&"):
            key, _, value = pair.partition("=")
            if value:
                found.setdefault(key, unquote_plus(value))
    return next((found[key] for key in keywords if found.get(key, "").strip()), None)


def lines(kind: str) -> Iterator[tuple[str, Site]]:
    """Every line of a list: its host as written, and what it is."""
    with (DATA / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            yield line["host"], Site(kind, line["name"], tuple((line.get("keywords") or "").split()))


@cache
def names_of(kind: str) -> frozenset[str]:
    """The names that a list gives its sites."""
    return frozenset(site.name for _, site in lines(kind))


@cache
def _index() -> Mapping[str, list[tuple[str, Site]]]:
    """Hosts as written -> beginnings of paths, the longest first, with their sites."""
    found: dict[str, list[tuple[str, Site]]] = {}
    for kind in KINDS:
        for written, site in lines(kind):
            scheme, separator, rest = written.rpartition("://")
            host, slash, path = rest.partition("/")
            found.setdefault(scheme + separator + host, []).append((slash + path, site))
    return {host: sorted(several, key=lambda one: -len(one[0])) for host, several in found.items()}


def _keys(host: str) -> Iterator[str]:
    """How a host may be written in the lists, the longest first."""
    if is_app(host) or ":" in host:
        yield host
        return
    words = host.split(".")
    for at in range(len(words)):
        whole = at == 0 or (at == 1 and words[0] in _SAME_SITE_WORDS)
        for spelling in (words[at:], _any_country(words[at:])):
            if spelling:
                if whole:
                    yield ".".join(spelling)
                yield ".".join(("*", *spelling))


def _any_country(words: list[str]) -> list[str]:
    """`google.*` of `google.co.uk`; empty where the host ends otherwise."""
    if len(words) < 2 or not (len(words[-1]) == 2 or words[-1] in ("com", "cat")):
        return []
    two = len(words) > 2 and len(words[-1]) == 2 and words[-2] in ("co", "com")
    return [*words[: -2 if two else -1], "*"]


def _path(referrer: str) -> str:
    before, _, _ = parts(referrer.strip())
    _, slash, path = before.partition("//")[2].partition("/")
    return (slash + path).rstrip("/").lower() or "/"
