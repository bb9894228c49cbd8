"""The page's URL taken apart, one URL at a time."""

import pytest

from tracker.columns.core.url import QUERY_KEYS, host_of, url_facts

EXCLUDED = "utm_source,gclid,_gl"
EVERYWHERE = "mtm_campaign,sid,fb_*,phpsessid,jsessionid"


def location(url: str, excluded: str = EXCLUDED, everywhere: str | None = None) -> str | None:
    facts = url_facts(url, excluded, everywhere)
    return facts[0] if facts else None


def known(url: str) -> dict[str, str]:
    """The parameters of `QUERY_KEYS` that the URL has."""
    facts = url_facts(url, None)
    assert facts is not None
    return {key: value for key, value in zip(QUERY_KEYS, facts[3:], strict=True) if value is not None}


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://me@a.example:8080/p%20q?x=1#top", "a.example", "/p q"),
        ("//a.example", "a.example", None),
        ("https://[2001:db8::1]:80/", "2001:db8::1", "/"),
        ("/only/path?x", None, "/only/path"),
        ("100% no URL", None, None),
        ("https://a.example/%zz%", "a.example", "/%zz%"),
    ],
)
def test_host_and_path(url: str, host: str | None, path: str | None) -> None:
    """Without user, port, query and fragment; what cannot be read is null and raises nothing."""
    facts = url_facts(url, EXCLUDED)
    assert facts is not None
    assert facts[1:3] == (host, path)
    assert host_of(url) == host


def test_no_url_has_no_facts() -> None:
    """Absent and empty are the same."""
    assert url_facts(None, EXCLUDED) is None
    assert url_facts("", EXCLUDED) is None


def test_parameters_of_the_query_count_before_those_of_the_fragment() -> None:
    """Decoded; the first that is not empty."""
    url = "https://a.example/?utm_source=&utm_source=a+b&utm_id=1#/route?utm_source=z&utm_term=%C3%A9"
    assert known(url) == {"utm_source": "a b", "utm_id": "1", "utm_term": "é"}


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://a.example/?b=1&utm_source=x&a=%7E&gclid", "https://a.example/?b=1&a=%7E"),
        ("https://a.example/?utm_source=x", "https://a.example/"),
        ("https://a.example/?utm_source=x#top", "https://a.example/#top"),
        ("https://a.example/?b&&c=#", "https://a.example/?b&&c=#"),
        ("https://a.example/?", "https://a.example/?"),
        ("https://a.example/?utm_sourced=1&UTM_SOURCE=2", "https://a.example/?utm_sourced=1&UTM_SOURCE=2"),
        ("https://a.example/#utm_source=x", "https://a.example/#utm_source=x"),
        ("https://a.example/a;sid=1?sid=2", "https://a.example/a;sid=1?sid=2"),
    ],
)
def test_excluded_parameters_leave_the_query_and_nothing_else_changes(url: str, left: str) -> None:
    """Names are exact, the rest is neither re-encoded nor re-ordered, and the fragment stays."""
    assert location(url) == left


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://a.example/?b=1&MTM_Campaign=x&gclid=1&PHPSESSID=9", "https://a.example/?b=1"),
        ("https://a.example/?fb_ref=1&fb_=2&fb=3&GCLID=4", "https://a.example/?fb=3&GCLID=4"),
        ("https://a.example/a;JSESSIONID=1F.n/b;v=2?c", "https://a.example/a/b;v=2?c"),
        ("https://a.example/#mtm_campaign=x", "https://a.example/"),
        ("https://a.example/?c#/route?mtm_campaign=x", "https://a.example/?c#/route"),
        ("https://a.example/#/route?sid=1&b=2", "https://a.example/#/route?b=2"),
        ("https://a.example/?#", "https://a.example/?#"),
        ("https://a.example/a;b?c#d?", "https://a.example/a;b?c#d?"),
    ],
)
def test_what_a_protocol_excludes_leaves_query_fragment_and_path(url: str, left: str) -> None:
    """In any case of its letters, and by wildcard; what the property excludes stays exact."""
    assert location(url, everywhere=EVERYWHERE) == left


def test_session_ids_leave_the_path_too() -> None:
    """So that one page is one page."""
    facts = url_facts("https://a.example/a;jsessionid=1F?x", "", EVERYWHERE)
    assert facts is not None
    assert facts[2] == "/a"


def test_a_property_may_use_wildcards() -> None:
    """A star stands for any characters of a name; nothing excluded is nothing removed."""
    assert location("https://a.example/?my_1=a&my=b", "my_*") == "https://a.example/?my=b"
    assert location("https://a.example/?utm_source=a", "") == "https://a.example/?utm_source=a"
