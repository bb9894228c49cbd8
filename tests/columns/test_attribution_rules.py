"""The rules for source and medium, each URL and referrer as a whole event."""

from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from tracker.columns.core.click_ids import click_id_of, click_ids
from tracker.columns.core.traffic_rules import RULES, cleaned
from tracker.model import Closed
from tracker.testing import compute_rows, make_hit

PAGE = "https://www.shop.example/"
PARTS = ("source", "medium", "source_rule")
DIRECT = ("(direct)", "(none)", "direct")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "attribution.md"
encoded = partial(quote, safe="")

REFERRERS = [
    ("https://www.google.com/", "google", "organic", "search_engine"),
    ("https://www.google.co.uk/", "google", "organic", "search_engine"),
    ("https://search.yahoo.com/search", "yahoo", "organic", "search_engine"),
    ("https://de.search.yahoo.com/", "yahoo", "organic", "search_engine"),
    ("https://yandex.ru/", "yandex", "organic", "search_engine"),
    ("https://yandex.com.tr/", "yandex", "organic", "search_engine"),
    ("https://go.mail.ru/search", "mail.ru", "organic", "search_engine"),
    ("https://search.aol.com/", "aol", "organic", "search_engine"),
    ("https://m.baidu.com/", "baidu", "organic", "search_engine"),
    ("https://images.google.de/", "google-images", "organic", "search_engine"),
    ("https://scholar.google.com/", "google-scholar", "organic", "search_engine"),
    ("android-app://com.google.android.googlequicksearchbox/", "google", "organic", "search_engine"),
    ("https://mail.yahoo.com/d/folders", "yahoo-mail", "email", "webmail"),
    ("https://mail.google.com/", "gmail", "email", "webmail"),
    ("https://mail.ru/", "mail.ru-mail", "email", "webmail"),
    ("https://e.mail.ru/", "mail.ru-mail", "email", "webmail"),
    ("android-app://com.google.android.gm", "gmail", "email", "webmail"),
    ("ANDROID-APP://com.google.android.gm/", "gmail", "email", "webmail"),
    ("https://chatgpt.com/", "chatgpt", "ai", "ai_assistant"),
    ("https://x.com/i/grok", "grok", "ai", "ai_assistant"),
    ("https://x.com/i/grok/share/1", "grok", "ai", "ai_assistant"),
    ("https://www.bing.com/chat?q=x", "copilot", "ai", "ai_assistant"),
    ("https://x.com/i/grokking", "twitter", "social", "social_network"),
    ("https://x.com/", "twitter", "social", "social_network"),
    ("https://t.co/abc", "twitter", "social", "social_network"),
    ("https://l.facebook.com/l.php", "facebook", "social", "social_network"),
    ("https://my.mail.ru/", "my.mail.ru", "social", "social_network"),
    ("https://m.youtube.com/watch", "youtube", "video", "video_site"),
    ("https://www.dailymail.co.uk/news", "dailymail.co.uk", "referral", "referring_site"),
    ("https://a.example/?u=mail.foo", "a.example", "referral", "referring_site"),
    ("https://google.evil.com/", "google.evil.com", "referral", "referring_site"),
    ("https://notgoogle.com/", "notgoogle.com", "referral", "referring_site"),
    ("https://news.google.com/", "news.google.com", "referral", "referring_site"),
    ("https://translate.google.com/", "translate.google.com", "referral", "referring_site"),
    ("https://docs.google.com/", "docs.google.com", "referral", "referring_site"),
    ("https://www-shop-example.translate.goog/", "www-shop-example.translate.goog", "referral", "referring_site"),
    ("android-app://com.android.chrome/", "com.android.chrome", "referral", "referring_app"),
    ("https://BLOG.Other.example:8443/x", "blog.other.example", "referral", "referring_site"),
    ("https://WWW.GOOGLE.DE:443/", "google", "organic", "search_engine"),
    ("https://google.com./", "google", "organic", "search_engine"),
    ("https://user:pass@www.google.com/", "google", "organic", "search_engine"),
    ("//www.google.com/", "google", "organic", "search_engine"),
    ("https://bücher.de/", "xn--bcher-kva.de", "referral", "referring_site"),
    ("https://xn--bcher-kva.de/", "xn--bcher-kva.de", "referral", "referring_site"),
    ("http://203.0.113.9/", "203.0.113.9", "referral", "referring_site"),
    ("http://[2001:db8::1]:80/", "2001:db8::1", "referral", "referring_site"),
    ("http://intranet/", "intranet", "referral", "referring_site"),
]

NO_REFERRERS = [
    "", "https://", "https:///path", "android-app://", "nonsense", "about:blank", "data:text/html,x", "http://[::1",
    "http://a b.example/", "https://%6c.example/", "file:///C:/x.html", "?u=https://mail.foo/", "http://\udcff/",
    "https://www.paypal.com/checkoutnow", "https://checkout.stripe.com/", "https://accounts.google.com/signin",
    "https://www.shop.example/cart", "https://shop.example/", "https://blog.shop.example/", "https://SHOP.example:80",
]  # fmt: skip

LINKS = [
    ("gclid=1", "google", "cpc", "paid_click_id"),
    ("gbraid=1", "google", "cpc", "paid_click_id"),
    ("wbraid=1", "google", "cpc", "paid_click_id"),
    ("msclkid=1", "bing", "cpc", "paid_click_id"),
    ("dclid=1", "google", "display", "paid_click_id"),
    ("twclid=1", "twitter", "cpc", "paid_click_id"),
    ("li_fat_id=1", "linkedin", "cpc", "paid_click_id"),
    ("ttclid=1", "tiktok", "cpc", "paid_click_id"),
    ("ScCid=1", "snapchat", "cpc", "paid_click_id"),
    ("fbclid=1", "facebook", "social", "click_id"),
    ("srsltid=1", "google", "organic-shopping", "click_id"),
    ("gclid=&x=gclid", *DIRECT),
    ("xgclid=1", *DIRECT),
    ("utm_source=News%20Letter&utm_medium=EMAIL", "news-letter", "email", "campaign_parameters"),
    ("utm_source=a", "a", "(not set)", "campaign_parameters"),
    ("utm_medium=b", "(not set)", "b", "campaign_parameters"),
    ("utm_source=google&gclid=1", "google", "cpc", "campaign_parameters"),
    ("utm_source=a&utm_medium=b&gclid=1", "a", "b", "campaign_parameters"),
    ("utm_campaign=c", "(not set)", "(not set)", "campaign_name"),
    ("utm_campaign=c&gclid=1", "google", "cpc", "paid_click_id"),
    ("utm_source=%20", *DIRECT),
]

BOTH = [
    ("utm_source=a", "https://www.google.com/", "a", "campaign_parameters"),
    ("gclid=1", "https://a.example/", "google", "paid_click_id"),
    ("fbclid=1", "https://l.facebook.com/", "facebook", "click_id"),
    ("fbclid=1", "https://l.instagram.com/", "instagram", "social_network"),
    ("fbclid=1", "https://a.example/", "a.example", "referring_site"),
    ("srsltid=1", "https://www.google.com/", "google", "click_id"),
    ("utm_campaign=c", "https://mail.google.com/", "gmail", "webmail"),
]


@cache
def every_landing() -> dict[tuple[str, str], dict[str, Any]]:
    """The row of each (referrer, query) of the tables, all in one batch."""
    cases = [(referrer, "") for referrer in (*(case[0] for case in REFERRERS), *NO_REFERRERS)]
    cases += [("", case[0]) for case in LINKS] + [(case[1], case[0]) for case in BOTH]
    hits = [make_hit(sent(referrer, f"{PAGE}?{query}" if query else PAGE)) for referrer, query in cases]
    alone = [Closed(np.array([n]), "timeout") for n in range(len(hits))]
    return dict(zip(cases, compute_rows(hits, protosessions=alone), strict=True))


def sent(referrer: str, page: str) -> str:
    """The query of a page view."""
    return f"en=page_view&dl={encoded(page)}&dr={quote(referrer.encode('utf-8', 'replace'), safe='')}"


def landed(
    referrer: str = "", page: str = PAGE, more: str = "", settings: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The row of a page view on `page` with this referrer."""
    return compute_rows([make_hit(sent(referrer, page) + more)], settings)[0]


def parts(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Session columns of a row; source, medium and rule unless others are named."""
    return tuple(row[f"session_{name}"] for name in names or PARTS)


@pytest.mark.parametrize(("referrer", "source", "medium", "rule"), REFERRERS)
def test_referrers(referrer: str, source: str, medium: str, rule: str) -> None:
    """Hosts are compared by whole words, the longest first, in any spelling."""
    assert parts(every_landing()[referrer, ""]) == (source, medium, rule)


@pytest.mark.parametrize("referrer", NO_REFERRERS)
def test_no_referrers(referrer: str) -> None:
    """What is no URL, the site itself, and pages on which visitors pay or sign in lead nowhere."""
    assert parts(every_landing()[referrer, ""]) == DIRECT


@pytest.mark.parametrize(
    ("page", "referrer", "direct"),
    [
        ("https://me.github.io/", "https://you.github.io/", False),
        ("https://me.github.io/", "https://me.github.io/docs", True),
        ("https://shop.co.uk/", "https://other.co.uk/", False),
        ("https://shop.co.uk/", "https://www.shop.co.uk/", True),
        ("http://203.0.113.9/", "http://203.0.113.9:8080/", True),
        ("http://203.0.113.9/", "http://198.51.113.9/", False),
        ("http://localhost:3000/", "http://localhost:4000/", True),
        ("https://WWW.Bücher.de/", "https://xn--bcher-kva.de/", True),
        ("https://cloud.google.com/", "https://www.google.com/", True),
    ],
)
def test_own_site(page: str, referrer: str, direct: bool) -> None:
    """Hosts that somebody can register one name for are one site: by the list of public suffixes."""
    assert (parts(landed(referrer, page)) == DIRECT) is direct


def test_other_hosts_of_a_property() -> None:
    """The setting names hosts that the page's own does not tell, and they count with those below them."""
    settings = {"properties": {"G-1": {"domains": ["pay-here.example", "Shop.DE"]}}}
    for referrer in ("https://pay-here.example/", "https://www.shop.de/", "https://blog.shop.example/"):
        assert parts(landed(referrer, settings=settings)) == DIRECT
    assert parts(landed("https://a.example/", settings=settings)) == ("a.example", "referral", "referring_site")


def test_a_page_without_host() -> None:
    """Any site that no list knows might be the page's own; one of the lists is not."""
    hits = [make_hit(f"en=page_view&dr={encoded(url)}") for url in ("https://a.example/", "https://www.google.com/")]
    assert [parts(compute_rows([hit])[0])[0] for hit in hits] == ["(direct)", "google"]


def test_ignored_referrer() -> None:
    """The tag may ask to treat the referrer as absent; the campaign still counts."""
    assert parts(landed("https://www.google.com/", more="&ir=1")) == DIRECT
    campaign = landed("https://www.google.com/", PAGE + "?utm_source=a&utm_medium=b", "&ir=true")
    assert parts(campaign) == ("a", "b", "campaign_parameters")


@pytest.mark.parametrize(("query", "source", "medium", "rule"), LINKS)
def test_links(query: str, source: str, medium: str, rule: str) -> None:
    """Campaign parameters go before click ids; a half that is not named is the click id's."""
    assert parts(every_landing()["", query]) == (source, medium, rule)


@pytest.mark.parametrize(("query", "referrer", "source", "rule"), BOTH)
def test_links_and_referrers(query: str, referrer: str, source: str, rule: str) -> None:
    """Campaigns and click ids of advertisements go before the referrer, other click ids are copied with links."""
    row = every_landing()[referrer, query]
    assert (row["session_source"], row["session_source_rule"]) == (source, rule)


def test_code_goes_before_the_link() -> None:
    """Each part that code gave the tag replaces the URL's; other parts stay."""
    page = f"{PAGE}?utm_source=a&utm_medium=b&utm_campaign=C&utm_content=D&utm_term=E"
    row = landed("https://www.google.com/?q=x", page, "&cs=Partner&cn=Spring&ck=Red%20Shoes")
    assert parts(row) == ("partner", "(not set)", "campaign_override")
    assert parts(row, "campaign", "content", "term") == ("Spring", "D", "red-shoes")
    assert (row["utm_campaign"], row["session_utm_campaign"]) == ("C", "C")


@pytest.mark.parametrize(
    ("referrer", "term"),
    [
        ("https://www.google.com/search?q=Blue+Shoes", "blue-shoes"),
        ("https://www.sogou.com/web?ie=utf8&query=&keyword=a", "a"),
        ("https://search.yahoo.com/search?p=%26b", "b"),
        ("https://www.google.com/#q=c", "c"),
        ("https://www.google.com/?q=%20", None),
        ("https://www.google.com/", None),
        ("https://a.example/?q=x", None),
    ],
)
def test_words_searched_for(referrer: str, term: str | None) -> None:
    """Of search engines only, the first of their parameters that has a value."""
    assert landed(referrer)["session_term"] == term


def test_the_link_names_the_term() -> None:
    """`utm_term` goes before the words searched for."""
    assert landed("https://www.google.com/?q=x", f"{PAGE}?utm_term=Y")["session_term"] == "y"


def test_click_ids() -> None:
    """The id as it stood in the link, with its name; of several the first of the list."""
    row = landed(page=f"{PAGE}?fbclid=a&ScCid=b%2Bc")
    assert parts(row, "click_id", "click_id_name", "click_id_fbclid") == ("b+c", "ScCid", "a")
    assert parts(landed(), "click_id", "click_id_name", "click_id_fbclid") == (None, None, None)


@pytest.mark.parametrize("name", click_ids())
def test_every_click_id_is_found(name: str) -> None:
    """In the query and in the fragment."""
    assert click_id_of(f"{PAGE}?a=1&{name}=X1") == (name, "X1")
    assert click_id_of(f"{PAGE}?a=1#/shoes?{name}=X2&b") == (name, "X2")
    assert click_id_of(f"{PAGE}?next=/{name}=X3") is None


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("A b  C", "a-b-c"),
        (" a ", "a"),
        ("a/b\\c?d&e=f#", "abcdef"),
        ("-", "-"),
        ("/ ", None),
        ("", None),
        (None, None),
    ],
)
def test_cleaned(text: str | None, clean: str | None) -> None:
    """Lower case, hyphens for blanks inside, none of the characters that URLs are made of."""
    assert cleaned(text) == clean


def test_every_rule_is_documented() -> None:
    """The page lists the rules in their order."""
    listed = [line.split("`")[1] for line in DOCS.read_text().splitlines() if line[:1].isdigit() and "`" in line]
    assert listed == [rule.__name__ for rule in RULES]


def test_every_click_id_is_documented() -> None:
    """The page has a line for each, or for several."""
    text = DOCS.read_text()
    assert [name for name in click_ids() if f"`{name}`" not in text] == []
