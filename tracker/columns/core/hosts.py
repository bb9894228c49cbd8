"""Hosts of URLs: one spelling for each, and which of them belong to one site."""

import re
from collections.abc import Callable
from functools import cache, lru_cache

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_IPV4 = re.compile(r"\d+(\.\d+){3}")
_IPV6 = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*")


def normal_host(host: str | None) -> str | None:
    """A host in lower case, without the root's dot, an international name in its ASCII form (`xn--...`); None for what
    is no host.
    """
    text = (host or "").strip().lower().removesuffix(".")
    if not text.isascii():
        text = _in_ascii(text)
    return text if _HOST.fullmatch(text) or _IPV6.fullmatch(text) else None


@lru_cache(maxsize=4_096)
def site_of(host: str) -> str:
    """What a host shares with the other hosts of its owner: `shop.co.uk` of `www.shop.co.uk`, `me.github.io` of itself.

    By the list of public suffixes, those of private registries included, that came with the library: nothing is
    fetched. An address, or a single word, stands for itself; below an unknown suffix the last two words count.
    """
    if ":" in host or _IPV4.fullmatch(host):
        return host
    return _registered(host) or ".".join(host.split(".")[-2:])


def _in_ascii(host: str) -> str:
    import idna

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return ""


def _registered(host: str) -> str:
    return _public_suffixes()(host)


@cache
def _public_suffixes() -> Callable[[str], str]:
    from tldextract import TLDExtract  # takes 100 ms

    extract = TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)

    def registered(host: str) -> str:
        return extract.extract_str(host).top_domain_under_public_suffix

    return registered
