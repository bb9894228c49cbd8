"""The lists of hosts: large enough, each host on one of them, and everything in them found again."""

import re
from collections import Counter

import pytest

from tracker.columns.core.channel import channel_group
from tracker.columns.core.click_ids import click_ids
from tracker.columns.core.referrers import KINDS, Site, leads_here, lines, site_of_referrer
from tracker.columns.core.traffic_rules import cleaned

LINES = [(written, site) for kind in KINDS for written, site in lines(kind)]
WRITTEN = re.compile(
    r"(\*\.)?([a-z0-9-]+\.)*(\*|[a-z0-9-]+)(/[a-z0-9/]+)?|android-app://[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)+"
)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("search_engines", 60), ("social_networks", 60), ("ai_assistants", 20), ("video_sites", 15), ("webmail", 25),
        ("payment_providers", 25), ("sign_in_pages", 10),
    ],
)  # fmt: skip
def test_size(kind: str, least: int) -> None:
    """So many different sites at least."""
    assert len({site.name for _, site in lines(kind)}) >= least


def test_no_host_twice() -> None:
    """Nothing depends on which list goes first."""
    assert [written for written, count in Counter(written for written, _ in LINES).items() if count > 1] == []


@pytest.mark.parametrize(("written", "site"), LINES, ids=[written for written, _ in LINES])
def test_every_line_is_found(written: str, site: Site) -> None:
    """As it is written, below it where it has a star, and with `www.` where it has none."""
    assert WRITTEN.fullmatch(written)
    if "://" in written:
        assert site_of_referrer(f"{written}/") == site
        return
    host, slash, path = written.partition("/")
    below = "a.b." if host.startswith("*.") else "www."
    for ending in ("com", "de", "co.uk", "com.tr") if host.endswith(".*") else ("",):
        name = host.removeprefix("*.").removesuffix("*") + ending
        assert site_of_referrer(f"https://{name}{slash}{path}") == site
        assert site_of_referrer(f"https://{below}{name}{slash}{path}?q=1#x") == site
        assert site_of_referrer(f"https://x{name}.evil.example{slash}{path}") is None


def test_names_are_as_sources_are() -> None:
    """Lower case and without blanks, so that they stay as they are."""
    assert [site.name for _, site in LINES if cleaned(site.name) != site.name] == []
    assert [click for click in click_ids().values() if cleaned(click.source) != click.source] == []


def test_some_engines_tell_the_words() -> None:
    """Every engine in the browser has its parameter, and nothing else has one."""
    silent = {written for written, site in lines("search_engines") if not site.keywords}
    assert all("://" in written or "." not in written or written == "lens.google.com" for written in silent)
    assert {site.kind for _, site in LINES if site.keywords} == {"search_engines"}


@pytest.mark.parametrize("kind", ["payment_providers", "sign_in_pages"])
def test_passing_through(kind: str) -> None:
    """Pages on which visitors pay or sign in never lead to the site."""
    hosts = [written.removeprefix("*.").replace(".*", ".com") for written, _ in lines(kind)]
    assert [host for host in hosts if leads_here(host, "shop.example", None)] == []
    assert leads_here("other.example", "shop.example", None)


def test_click_ids_have_a_channel() -> None:
    """What an id says of its link belongs to some channel, and those of advertisements to no free one."""
    channels = {name: (click.is_paid, channel_group(click.source, click.medium)) for name, click in click_ids().items()}
    assert "Unassigned" not in {channel for _, channel in channels.values()}
    free = {"Organic Search", "Organic Social", "Organic Video", "Referral"}
    assert {name for name, (is_paid, channel) in channels.items() if is_paid is (channel in free)} == set()
