"""Campaigns of Matomo hits, from the request to the row."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tracker.protocols.matomo.campaigns import KEYWORDS, NAMES, OWN, link_facts

Row = dict[str, Any]
RowOf = Callable[..., Row]
SHARED = ("source", "medium", "campaign", "term", "content", "id")


def url(address: str) -> str:
    return f"url={quote(address, safe='')}"


def reading(row: Row) -> tuple[str | None, str | None]:
    """The campaign and its keyword as Matomo reads them."""
    return row["matomo_campaign_name"], row["matomo_campaign_keyword"]


def utm(row: Row) -> dict[str, str]:
    """The parts of the campaign that are known."""
    return {part: row[f"utm_{part}"] for part in SHARED if row[f"utm_{part}"] is not None}


@pytest.mark.parametrize("name", NAMES)
def test_each_name_names_the_campaign(name: str, row: RowOf) -> None:
    """A lone utm_source or utm_medium too; Matomo keeps names in lower case."""
    assert reading(row(url(f"https://a.example/?{name}=Spring+Sale"))) == ("spring sale", None)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_each_name_names_the_keyword(keyword: str, row: RowOf) -> None:
    """Only beside a campaign: a keyword alone is none."""
    assert reading(row(url(f"https://a.example/?utm_source=x&{keyword}=Red%20Shoes"))) == ("x", "red shoes")
    assert reading(row(url(f"https://a.example/?{keyword}=Red"))) == (None, None)


def test_the_order_of_names_decides(row: RowOf) -> None:
    """Not that of the query; an empty value does not count."""
    link = "https://a.example/?utm_medium=m&utm_campaign=u&mtm_campaign=+&pk_campaign=&utm_term=t&mtm_kwd=k"
    assert reading(row(url(link))) == ("u", "k")


def test_the_fragment_comes_after_the_query(row: RowOf) -> None:
    """A campaign of the query wins over one of the fragment, whatever its name; routes in fragments have queries."""
    assert reading(row(url("https://a.example/?utm_medium=q#pk_campaign=f&pk_kwd=k"))) == ("q", None)
    assert reading(row(url("https://a.example/?x=1#/route?mtm_campaign=f&pk_kwd=k"))) == ("f", "k")


def test_the_hit_itself_may_name_its_campaign(row: RowOf) -> None:
    """As top-level parameters, which stand before the URL's; `undefined` and empty are none."""
    link = url("https://a.example/?mtm_campaign=link&mtm_kwd=k")
    assert reading(row(f"{link}&mtm_campaign=Hit")) == ("hit", None)
    assert reading(row(f"{link}&mtm_campaign=undefined&pk_campaign=")) == ("link", "k")
    assert utm(row("mtm_campaign=C&mtm_source=S&utm_medium=M&pk_kwd=T&mtm_content=X&mtm_cid=7")) == {
        "source": "S", "medium": "M", "campaign": "C", "term": "T", "content": "X", "id": "7",
    }  # fmt: skip


@pytest.mark.parametrize("part", SHARED)
def test_matomos_names_fill_the_shared_columns(part: str, row: RowOf) -> None:
    """Every form of them, case kept, in query and fragment."""
    for name in OWN[part]:
        assert utm(row(url(f"https://a.example/?{name}=Value")))[part] == "Value"
        assert utm(row(url(f"https://a.example/#{name}=Value")))[part] == "Value"


def test_an_explicit_utm_parameter_wins_its_column(row: RowOf) -> None:
    """Wherever it stands; and what only Matomo takes for a campaign does not become utm_campaign."""
    found = row(url("https://a.example/?mtm_campaign=m&pk_source=p&utm_medium=x#utm_campaign=U"))
    assert utm(found) == {"campaign": "U", "source": "p", "medium": "x"}
    assert utm(row(url("https://a.example/?mtm_source=m&utm_source=s#mtm_source=f"))) == {"source": "s"}
    assert utm(row(url("https://a.example/?mtm_source=q&mtm_cid=1#mtm_source=f"))) == {"source": "q", "id": "1"}


def test_group_and_placement_have_columns(row: RowOf) -> None:
    """They are removed from the location, so they are kept beside it."""
    found = row(url("https://a.example/?mtm_group=G&pk_placement=P"))
    assert (found["matomo_campaign_group"], found["matomo_campaign_placement"]) == ("G", "P")
    assert found["page_location"] == "https://a.example/"


def test_a_hit_without_campaign_has_none(row: RowOf) -> None:
    """All columns are null, also without any URL."""
    for query in (url("https://a.example/?x=1"), "action_name=x"):
        found = row(query)
        assert reading(found) == (None, None)
        assert utm(found) == {}
        assert (found["matomo_campaign_group"], found["matomo_campaign_placement"]) == (None, None)
        assert found["ignore_referrer"] is None


def test_a_conversion_is_owed_to_the_campaign_that_the_tag_remembers(row: RowOf) -> None:
    """Only a conversion, even where another campaign is in sight, and in no utm column."""
    owed = "_rcn=Old&_rck=Word"
    assert reading(row(f"idgoal=3&{owed}")) == ("old", "word")
    assert reading(row(f"{url('https://a.example/?utm_source=new')}&idgoal=3&{owed}")) == ("old", "word")
    assert reading(row(f"{url('https://a.example/?pk_cpn=new&pk_kwd=x')}&idgoal=3&_rcn=Old")) == ("old", None)
    assert reading(row(f"{url('https://a.example/?pk_cpn=new&pk_kwd=x')}&idgoal=3&_rck=Word")) == ("new", "x")
    assert reading(row(owed)) == (None, None)
    assert utm(row(f"idgoal=3&{owed}")) == {}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (url("https://a.example/?ignore_referrer=1"), True),
        (url("https://a.example/#ignore_referer=1"), True),
        (url("https://a.example/?ignore_referrer=0&ignore_referer=1"), True),
        (url("https://a.example/?ignore_referrer=0"), False),
        ("ignore_referer=1", True),
        (f"{url('https://a.example/?ignore_referrer=0')}&ignore_referrer=1", True),
        (f"{url('https://a.example/')}&ignore_referrer=0", False),
    ],
)
def test_a_page_may_ask_to_ignore_its_referrer(query: str, expected: bool, row: RowOf) -> None:
    """In its URL, or as a parameter of the hit; any yes is a yes."""
    found = row(f"{query}&urlref=https%3A%2F%2Fb.example%2F")
    assert found["ignore_referrer"] is expected
    assert found["page_referrer"] == "https://b.example/"


def test_campaigns_click_ids_and_session_ids_leave_the_location(row: RowOf) -> None:
    """Of query, fragment and path, in any case; the referrer stays as sent."""
    names = "MTM_CAMPAIGN pk_kwd utm_id gclid fb_action_ids twclid yclid PHPSESSID sessionid ASPSESSIONIDXY sid pk_vid"
    query = "&".join(f"{name}=1" for name in names.split())
    link = f"https://a.example/a;jsessionid=9/b?z=%7e&{query}&doing_wp_cron&y#/r?mtm_campaign=f&x=1"
    found = row(f"{url(link)}&urlref={quote('https://b.example/?sid=1&gclid=2', safe='')}")
    assert found["page_location"] == "https://a.example/a/b?z=%7e&y#/r?x=1"
    assert found["page_path"] == "/a/b"
    assert found["page_referrer"] == "https://b.example/?sid=1&gclid=2"
    assert found["click_id_gclid"] == "1"


def test_what_leaves_the_location_is_a_setting(row: RowOf) -> None:
    """A property may keep Matomo's, beside the list that holds for all protocols."""
    settings = {"properties": {"1": {"matomo_excluded_url_params": ["sid"], "excluded_url_params": []}}}
    found = row(url("https://a.example/?SID=1&utm_source=s&mtm_campaign=c"), settings=settings)
    assert found["page_location"] == "https://a.example/?utm_source=s&mtm_campaign=c"


def test_an_unreadable_url_costs_only_its_own_columns(row: RowOf) -> None:
    """The rest of the row stands."""
    found = row("url=%25%zz%00http://[&mtm_campaign=c&action_name=t")
    assert (reading(found), found["page_title"], found["page_hostname"]) == (("c", None), "t", None)


def test_names_are_cut_at_matomos_length() -> None:
    """255 characters."""
    facts = link_facts(f"https://a.example/?pk_cpn={'Ä' * 300}")
    assert facts is not None
    assert facts[0] == "ä" * 255
