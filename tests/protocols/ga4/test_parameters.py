"""Parameters that are a column by themselves."""

from typing import Any

import pytest

from tracker.protocols.ga4 import parameters
from tracker.testing import compute_rows, make_hit

SHARED = "v=2&tid=G-1&cid=1.1&en=custom"

TEXTS = """
achievement_id aclid ad_event_id ad_unit_code anid app_version cancellation_reason character content_group content_id
content_type coupon creative_name creative_slot dclid disqualified_lead_reason file_extension file_name firebase_error
firebase_error_value firebase_previous_class firebase_previous_id firebase_previous_screen firebase_screen
firebase_screen_class firebase_screen_id form_destination form_id form_name form_submit_text ga_session_id gclid
group_id item_list_id item_list_name item_name label language lead_source lead_status level_name link_classes
link_domain link_id link_text link_url message_id message_name message_type method payment_type previous_app_version
previous_gmp_app_id previous_os_version product_id promotion_id promotion_name reset_analytics_cause reward_type
screen_resolution search_term shipping_tier srsltid topic unconvert_lead_reason video_provider video_title video_url
virtual_currency_name
"""
"""Columns that are the text parameter of the same name, without `params_`."""
NUMBERS = "introductory_price percent_scrolled price quantity reward_value shipping tax value"
WHOLES = """
exposure_time ga_session_number level message_device_time message_time previous_first_open_count renewal_count score
video_current_time video_duration video_percent
"""
FLAGS = """
deferred_analytics_collection fatal free_trial outbound subscription success system_app system_app_update
updated_with_analytics visible
"""
OTHERS = {
    "params_currency": "cu",
    "params_campaign": "cn",
    "params_campaign_id": "ci",
    "params_campaign_source": "cs",
    "params_campaign_medium": "cm",
    "params_campaign_content": "cc",
    "params_campaign_term": "ck",
    "params_content_description": "ep.content",
    "params_engagement_time_ms": "_et",
    "params_ignore_referrer": "ir",
    "params_page_path": "dp",
    "params_traffic_type": "tt",
}
"""Columns whose parameter has a name of its own."""


def row(query: str = "") -> dict[str, Any]:
    """The row of one event."""
    return compute_rows([make_hit(f"{SHARED}&{query}")])[0]


@pytest.mark.parametrize("prefix", ["ep", "epn"])
def test_texts(prefix: str) -> None:
    """Text is as it was sent, and a number that should be text is its digits."""
    sent = row("&".join(f"{prefix}.{name}=7%20{name}" for name in TEXTS.split()))
    assert {name: sent[f"params_{name}"] for name in TEXTS.split()} == {name: f"7 {name}" for name in TEXTS.split()}


@pytest.mark.parametrize("prefix", ["ep", "epn"])
@pytest.mark.parametrize(
    ("names", "values"),
    [
        (NUMBERS, {"12.5": 12.5, "-1.5e3": -1500.0, "1%2C99": None, "NaN": None, "": None}),
        (WHOLES, {"90": 90, "-3": -3, "12.9": 12, "-12.9": -12, "1e3": 1000, "1e30": None, "ten": None, "": None}),
        (FLAGS, {"true": True, "0": False, "False": False, "maybe": None, "": None}),
    ],
    ids=["numbers", "whole numbers", "flags"],
)
def test_typed(prefix: str, names: str, values: dict[str, object]) -> None:
    """Numbers and truths are read whether code gave the tag a number or text; what cannot be read is null.

    Whole numbers are cut towards zero.
    """
    hits = [make_hit(f"{SHARED}&{'&'.join(f'{prefix}.{name}={text}' for name in names.split())}") for text in values]
    rows = compute_rows(hits)
    for name in names.split():
        assert [row[f"params_{name}"] for row in rows] == list(values.values())


def test_names_of_their_own() -> None:
    """Some parameters have another name on the wire than in the table."""
    sent = row("&".join(f"{key}=1" for key in OTHERS.values()))
    typed = {"params_engagement_time_ms": 1, "params_ignore_referrer": True}
    assert {column: sent[column] for column in OTHERS} == {column: typed.get(column, "1") for column in OTHERS}


@pytest.mark.parametrize(
    ("query", "column", "value"),
    [
        ("ep.currency=USD", "params_currency", "USD"),
        ("cu=EUR&ep.currency=USD", "params_currency", "EUR"),
        ("ct=shoes", "params_campaign_term", "shoes"),
        ("ep.campaign_term=hats", "params_campaign_term", "hats"),
        ("ep.form_id=", "params_form_id", None),
        ("dp=&ep.page_path=%2Fv", "params_page_path", "/v"),
        ("ep.traffic_type=internal", "params_traffic_type", "internal"),
        ("epn.value=&ep.value=5", "params_value", 5.0),
        ("_et=NaN", "params_engagement_time_ms", None),
    ],
)
def test_several_ways_to_say_it(query: str, column: str, value: object) -> None:
    """The parameter of its own wins over the general one; empty is as good as absent."""
    assert row(query)[column] == value


def test_nothing_sent_is_null() -> None:
    """Every column here is null where its parameter is absent."""
    names = [*(f"params_{name}" for name in f"{TEXTS} {NUMBERS} {WHOLES} {FLAGS}".split()), *OTHERS]
    assert {name: value for name, value in row().items() if name in names and value is not None} == {}


def test_all_are_tested() -> None:
    """No column of the module is missing in the lists above."""
    listed = {*(f"params_{name}" for name in f"{TEXTS} {NUMBERS} {WHOLES} {FLAGS}".split()), *OTHERS}
    assert {name for name in vars(parameters) if name.startswith("params_")} == listed


def test_captured(captured: list[dict[str, Any]]) -> None:
    """Events of real tags, with what their page told them."""
    (group,) = [row for row in captured if row["name"] == "join_group"]
    (shipping,) = [row for row in captured if row["name"] == "add_shipping_info"]
    scrolls = [row for row in captured if row["name"] == "scroll"]
    assert (group["params_group_id"], group["params_engagement_time_ms"]) == ("G_12345", 1510)
    assert (shipping["params_shipping_tier"], shipping["params_currency"]) == ("Ground", "USD")
    assert [(row["params_percent_scrolled"], row["params_engagement_time_ms"]) for row in scrolls] == [(90, None)] * 2
