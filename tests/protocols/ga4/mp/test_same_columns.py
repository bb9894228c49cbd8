"""What a server says in JSON stands in the row just as what the browser tag says in its query."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tracker.columns.column import Column
from tracker.config import Properties, PropertySettings
from tracker.model import Hit
from tracker.protocols.ga4 import GA4Protocol, parameters
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.protocols.ga4.mp.flatten import WIRE_NAMES
from tracker.testing import compute_batch, compute_rows, make_request

DIFFERING = {
    "id", "log_offset", "tracking_protocol", "ip_address", "bot_score", "bot_reasons", "session_bot_score"
}  # fmt: skip
"""What tells who sent a request, and how."""
VALUES = ("text", "", "7", "1,99", 7, 0, 12.5, -3, 1e21, True, False, None, "x" * 9_000, "ü ~ & =", 10**15)
"""JSON values, each of which the tag would write in its own way."""
SAID_BY_SERVERS = {wire: name for name, wire in WIRE_NAMES.items()}


def script_text(value: object) -> str:
    """The value as a script in a page would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "1e+21" if value == 1e21 else str(value)


def by_tag(query: dict[str, str], line: dict[str, str]) -> Hit:
    """The tag's hit: the event in a line of the body."""
    request = make_request("/g/collect?" + urlencode({"v": "2", "tid": "G-1", "cid": "1.1", **query}), urlencode(line))
    (hit,) = GA4Protocol().hits(request, Properties({}, PropertySettings()))
    assert isinstance(hit, Hit)
    return hit


def by_server(name: str, params: dict[str, Any], **body: Any) -> Hit:
    """The server's hit."""
    content = {"client_id": "1.1", "events": [{"name": name, "params": params}], **body}
    request = make_request("/mp/collect?measurement_id=G-1", json.dumps(content))
    (hit,) = MeasurementProtocol().hits(request, Properties({}, MeasurementSettings()))
    assert isinstance(hit, Hit)
    return hit


def differences(pairs: list[tuple[Hit, Hit]]) -> list[tuple[int, str, Any, Any]]:
    """Number of a pair, name of a column, and both values, wherever the rows of a pair differ."""
    tags, servers = (compute_batch(hits).events.sort_by("log_offset") for hits in zip(*pairs, strict=True))
    unlike = [name for name in tags.column_names if name not in DIFFERING and tags[name] != servers[name]]
    return [
        (number, name, tag, server)
        for name in unlike
        for number, (tag, server) in enumerate(zip(tags[name].to_pylist(), servers[name].to_pylist(), strict=True))
        if tag != server
    ]


COLUMNS = {name: column for name, column in vars(parameters).items() if isinstance(column, Column)}


def test_every_parameter_column_can_be_filled() -> None:
    """Each has a name that a server can use: the tag's own names are all known."""
    for name, column in COLUMNS.items():
        assert name_for_servers(column), name


def test_parameters() -> None:
    """Every column that is one parameter, and the list of all, for every kind of value."""
    cases = [(column, value) for column in COLUMNS.values() for value in VALUES]
    pairs = [(tag_hit(*case), by_server("custom", {name_for_servers(case[0]): case[1]})) for case in cases]
    assert [(cases[number][1], name, *values) for number, name, *values in differences(pairs)] == []


def test_the_comparison_sees_values() -> None:
    """The columns above are not merely both null."""
    row = compute_rows([by_server("custom", {"page_title": "T", "value": 7, "outbound": True, "level": 3})])[0]
    names = ("page_title", "params_value", "params_outbound", "params_level")
    assert [row[name] for name in names] == ["T", 7.0, True, 3]


def name_for_servers(column: Column[..., Any]) -> str:
    """What a server calls the parameter of a column; empty where it cannot."""
    key = column.keys[0]
    return key.partition(".")[2] or SAID_BY_SERVERS.get(key, "")


def tag_hit(column: Column[..., Any], value: object) -> Hit:
    """The tag's event with that value of a column's parameter."""
    key = column.keys[0]
    if "." in key:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        key = f"{'epn' if is_number else 'ep'}.{key.partition('.')[2]}"
    keys = {key, WIRE_NAMES.get(key.partition(".")[2], key)}  # language and screen are also the device's
    return by_tag({}, {"en": "custom"} | ({} if value is None else dict.fromkeys(keys, script_text(value))))


PAGE_URL = "https://a.example:8443/cart?a=1&utm_source=news&utm_medium=mail&gclid=X#top"
PAGE = {
    "page_location": PAGE_URL,
    "page_referrer": "https://b.example/",
    "page_title": "Cart ü",
    "session_id": 1_760_000_000,
    "session_number": 3,
    "session_engaged": "1",
    "engagement_time_msec": 1_234,
    "ignore_referrer": True,
}
DEVICE = {"language": "de-ch", "screen_resolution": "1920x1080"}
TAG_PAGE = {
    "dl": PAGE_URL, "dr": "https://b.example/", "dt": "Cart ü", "ul": "de-ch", "sr": "1920x1080",
    "sid": "1760000000", "sct": "3", "seg": "1", "_et": "1234", "ir": "true",
}  # fmt: skip


def test_a_page_view() -> None:
    """Page, campaign in the page's URL, session and device."""
    assert differences([(by_tag(TAG_PAGE, {"en": "page_view"}), by_server("page_view", PAGE, device=DEVICE))]) == []


def test_a_page_view_is_not_empty() -> None:
    """So that the comparison means something."""
    row = compute_rows([by_server("page_view", PAGE, device=DEVICE)])[0]
    assert row["page_path"] == "/cart"
    assert (row["utm_source"], row["utm_medium"], row["click_id_gclid"]) == ("news", "mail", "X")
    assert (row["client_session_id"], row["client_session_number"]) == ("1760000000", 3)
    assert (row["device_language"], row["device_screen_resolution"]) == ("de-ch", "1920x1080")
    assert (row["params_engagement_time_ms"], row["session_engagement_time_ms"]) == (1_234, 1_234)
    assert (row["is_page_view"], row["session_returning_user"]) == (True, True)


def test_session_in_a_cookie() -> None:
    """The whole value of the tag's cookies gives the tag's client and session."""
    params = {"session_id": "GS2.1.s1760000000$o3$g1$t1760000100$j60$l0$h0"}
    server = by_server("login", params, client_id="GA1.1.1.1")
    tag = by_tag({"sid": "1760000000", "sct": "3", "seg": "1"}, {"en": "login"})
    assert differences([(tag, server)]) == []


def test_campaign() -> None:
    """What code told the tag about the campaign, and the event with which servers tell it."""
    tag = by_tag({"cn": "n", "ci": "i", "cs": "s", "cm": "m", "cc": "c", "ck": "t"}, {"en": "campaign_details"})
    short = {"campaign": "n", "campaign_id": "i", "source": "s", "medium": "m", "content": "c", "term": "t"}
    long = {
        "campaign_name": "n", "campaign_id": "i", "campaign_source": "s", "campaign_medium": "m",
        "campaign_content": "c", "campaign_term": "t",
    }  # fmt: skip
    servers = [by_server("campaign_details", params) for params in (short, long)]
    assert differences([(tag, server) for server in servers]) == []
    row = compute_rows(servers[:1])[0]
    names = ("campaign", "campaign_id", "campaign_source", "campaign_medium", "campaign_content", "campaign_term")
    assert [row[f"params_{name}"] for name in names] == ["n", "i", "s", "m", "c", "t"]


ITEMS = [
    {
        "item_id": "SKU~1", "item_name": "Shoe", "affiliation": "A", "coupon": "C", "discount": 1.5, "index": 2,
        "item_brand": "B", "item_category": "c1", "item_category2": "c2", "item_category3": "c3",
        "item_category4": "c4", "item_category5": "c5", "item_list_id": "li", "item_list_name": "ln",
        "item_variant": "red", "location_id": "L", "price": 10.25, "quantity": 3, "promotion_id": "p",
        "promotion_name": "pn", "creative_name": "cn", "creative_slot": "cs", "size": 42,
    },
    {"item_name": "Sock", "price": "1,99"},
    {"price": 5},
]  # fmt: skip
TAG_ITEMS = {
    "pr1": "idSKU~~1~nmShoe~afA~cpC~ds1.5~lp2~brB~cac1~c2c2~c3c3~c4c4~c5c5~lili~lnln~vared~loL~pr10.25~qt3~pip~pnpn"
    "~cncn~cscs~k0size~v042",
    "pr2": "nmSock~pr1,99",
    "pr3": "pr5",
}


@pytest.mark.parametrize("name", ["purchase", "refund", "add_to_cart"])
def test_commerce(name: str) -> None:
    """Orders with their items: every field, and what they come to."""
    params = {"transaction_id": "T1", "value": 32.25, "currency": "EUR", "tax": 1, "shipping": 2.5, "coupon": "X"}
    line = {"en": name, "ep.transaction_id": "T1", "epn.value": "32.25", "cu": "EUR", "epn.tax": "1"}
    line |= {"epn.shipping": "2.5", "ep.coupon": "X", **TAG_ITEMS}
    assert differences([(by_tag({}, line), by_server(name, {**params, "items": ITEMS}))]) == []


def test_commerce_is_not_empty() -> None:
    """So that the comparison means something."""
    params = {"transaction_id": "T1", "value": 32.25, "currency": "EUR", "items": ITEMS}
    row = compute_rows([by_server("purchase", params)])[0]
    assert [item["item_name"] for item in row["ecommerce_items"]] == ["Shoe", "Sock"]
    assert row["ecommerce_items"][0]["custom"] == [{"name": "size", "value": "42"}]
    assert (row["ecommerce_purchase_revenue"], row["params_transaction_id"], row["is_purchase"]) == (32.25, "T1", True)


def test_user() -> None:
    """User id and user properties."""
    tag = by_tag({"uid": "bob"}, {"en": "login", "up.plan": "gold", "upn.visits": "8", "up.vip": "true"})
    properties = {"plan": {"value": "gold"}, "visits": {"value": 8}, "vip": {"value": True}}
    assert differences([(tag, by_server("login", {}, user_id="bob", user_properties=properties))]) == []


def test_consent() -> None:
    """The kinds that a server can set."""
    tag = by_tag({"gcd": "13l3l3t3p5", "npa": "1"}, {"en": "login"})
    consent = {"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}
    assert differences([(tag, by_server("login", {}, consent=consent, non_personalized_ads=True))]) == []


def test_nested_values_are_json() -> None:
    """Where the tag can only write `[object Object]`, the server's value is kept."""
    row = compute_rows([by_server("custom", {"label": {"a": [1, None]}, "method": [1, "two"]})])[0]
    assert (row["params_label"], row["params_method"]) == ('{"a":[1,null]}', '[1,"two"]')
