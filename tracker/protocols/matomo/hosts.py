"""Hosts as Matomo compares them."""

from collections.abc import Iterable

from tracker.columns.core.url import host_of


def is_own(url: str, own_hosts: Iterable[str]) -> bool:
    """True for a URL whose host is one of `own_hosts`: capital letters and a leading `www.` aside."""
    host = host_of(url)
    return host is not None and _bare(host) in map(_bare, own_hosts)


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")
