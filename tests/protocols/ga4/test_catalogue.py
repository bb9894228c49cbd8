"""Every column that only GA4 fills: that requests fill it, and that it is as the column catalogue says."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tracker import plugins
from tracker.model import Closed
from tracker.testing import compute_batch, compute_rows, make_hit

REFERENCE = Path(__file__).resolve().parents[3] / "../shared/reference"
FILES = [REFERENCE / "columns.csv", REFERENCE / "columns-added.csv"]
NEVER_NULL = {
    "id", "property_id", "client_id", "name", "tracking_protocol", "timestamp_utc", "date_utc", "received_at",
    "ingested_at",
}  # fmt: skip
"""The columns of the catalogue that a table refuses to hold null in. Counts, flags and lists are never null on an event
of a session all the same.
"""
OWN_FIELD = "custom: list<struct<name: string, value: string>>"
"""What items have beyond the catalogue's struct."""

ITEM = {
    "item_id": "A", "item_name": "Shoe", "affiliation": None, "coupon": None, "discount": None, "index": None,
    "item_brand": None, "item_category": None, "item_category2": None, "item_category3": None, "item_category4": None,
    "item_category5": None, "item_list_id": None, "item_list_name": None, "item_variant": None, "location_id": None,
    "price": 5.0, "price_in_usd": 5.0, "quantity": 2.0, "item_refund": None, "item_refund_in_usd": None,
    "item_revenue": 10.0, "item_revenue_in_usd": 10.0, "promotion_id": None, "promotion_name": None,
    "creative_name": None, "creative_slot": None, "custom": [{"name": "size", "value": "L"}],
}  # fmt: skip
ORDER = "en=purchase&cu=USD&pr1=idA~nmShoe~pr5~qt2~k0size~v0L"
GOLD = {"name": "plan", "value_string": "gold", "value_number": None}

FILLED: Mapping[str, tuple[str, object]] = {
    "client_session_id": ("sid=1721900000", "1721900000"),
    "client_session_number": ("sct=3", 3),
    "measurement_id": ("", "G-1"),
    "page_load_hash": ("_p=1721900000123", "2024-07-25 09:33:20.123000+00:00"),
    "gtm_debug": ("dl=https%3A%2F%2Fa.example%2F%3Fgtm_debug%3D17", "17"),
    "privacy_ads_storage": ("gcs=G110", True),
    "privacy_analytics_storage": ("gcs=G110", False),
    "consent_ad_user_data": ("gcd=13r3r3n3p5", True),
    "consent_ad_personalization": ("gcd=13r3r3n3p5", False),
    "is_consent_update": ("gcu=1", True),
    "params": ("ep.plan=gold", [GOLD]),
    "user_properties": ("up.plan=gold", [GOLD]),
    "session_user_properties": ("up.plan=gold", [GOLD]),
    "session_is_engaged": ("_et=10001", True),
    "session_returning_user": ("sct=2", True),
    "session_abandoned_cart": ("en=add_to_cart", True),
    "ecommerce_items": (ORDER, [ITEM]),
    "ecommerce_items_total_quantity": (ORDER, 2),
    "ecommerce_unique_items": (ORDER, 1),
    "ecommerce_purchase_revenue": (ORDER, 10.0),
    "ecommerce_purchase_revenue_in_usd": (ORDER, 10.0),
    "ecommerce_refund_value": ("en=refund&cu=USD&epn.value=4", 4.0),
    "ecommerce_refund_value_in_usd": ("en=refund&cu=USD&epn.value=4", 4.0),
    "ecommerce_shipping_value": (f"{ORDER}&epn.shipping=3", 3.0),
    "ecommerce_shipping_value_in_usd": (f"{ORDER}&epn.shipping=3", 3.0),
    "ecommerce_tax_value": (f"{ORDER}&epn.tax=2", 2.0),
    "ecommerce_tax_value_in_usd": (f"{ORDER}&epn.tax=2", 2.0),
    "params_campaign": ("cn=may", "may"),
    "params_campaign_id": ("ci=77", "77"),
    "params_campaign_source": ("cs=letter", "letter"),
    "params_campaign_medium": ("cm=email", "email"),
    "params_campaign_content": ("cc=hero", "hero"),
    "params_campaign_term": ("ck=boots", "boots"),
    "params_content_description": ("ep.content=text", "text"),
    "params_transaction_id": ("ep.transaction_id=T1", "T1"),
    "params_currency": ("cu=usd", "usd"),
    "params_engagement_time_ms": ("_et=1500", 1500),
    "params_ignore_referrer": ("ir=1", True),
    "params_page_path": ("dp=%2Fvirtual", "/virtual"),
    "params_traffic_type": ("tt=internal", "internal"),
    "client_session_is_engaged": ("seg=1", True),
    "client_session_start": ("_ss=1", True),
    "client_first_visit": ("_fv=2", True),
    "client_is_new": ("_nsi=1", True),
    "client_request_number": ("_s=4", 4),
    "client_page_load": ("_p=1234567890", "1234567890"),
    "consent_non_personalized_ads": ("npa=1", True),
    "consent_dma": ("dma=1", True),
    "consent_dma_services": ("dma_cps=sypham", "sypham"),
    "consent_updated_types": ("gcut=2.3", "2.3"),
    "privacy_sandbox_label": ("pscdl=noapi", "noapi"),
    "is_debug": ("ep.debug_mode=true", True),
    "is_synthetic": ("sst.syn=1", True),
    "user_properties_carried": ("up.plan=gold", [GOLD]),
    "session_engagement_time_ms": ("_et=1500", 1500),
}
"""What a request says, and the value; all other columns are the parameter of the same name."""
ANY_NAME: Mapping[str, tuple[str, object]] = {
    "string": ("ep.{}=a%20b", "a b"),
    "int64": ("epn.{}=12", 12),
    "double": ("epn.{}=2.5", 2.5),
    "bool": ("ep.{}=true", True),
}
EMPTY = {
    "measurement_id": "G-1", "is_consent_update": False, "session_is_engaged": False, "session_returning_user": False,
    "session_abandoned_cart": False, "ecommerce_items_total_quantity": 0, "ecommerce_unique_items": 0, "params": [],
    "user_properties": [], "session_user_properties": [], "ecommerce_items": [], "client_session_start": False,
    "client_first_visit": False, "is_debug": False, "is_synthetic": False, "user_properties_carried": [],
    "session_engagement_time_ms": 0,
}  # fmt: skip
"""What stands where a request says nothing; all other columns are null."""

OF_GA4 = {
    str(column.name): str(column.type)
    for column in plugins.load(entry_points=False).columns
    if column.protocol == "ga4" and column.stored and column.implements is None
}
"""Types of the columns that the protocol brings, by name."""
NAMES = sorted(OF_GA4.keys() | FILLED.keys())


def catalogue(protocol: str) -> dict[str, dict[str, str]]:
    """What the catalogue says of the columns of `protocol`, by name; nothing where it is not beside this repository."""
    lines = [line for path in FILES if path.exists() for line in path.read_text("utf-8").splitlines()]
    return {row["column"]: row for row in csv.DictReader(lines) if protocol in row["protocols"].split("|")}


COLUMNS = catalogue("ga4")
present = pytest.mark.skipif(not COLUMNS, reason="the column catalogue is not beside this repository")


@pytest.fixture(scope="module")
def schema() -> pa.Schema:
    """Of the table of events."""
    return compute_batch([make_hit("v=2&tid=G-1&cid=1.1&en=x")]).events.schema


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    """A row for each column, of a visit of its own; the one without a name is of a request that says nothing."""
    hits = {name: make_hit(f"v=2&tid=G-1&cid=1.1&{_named(_case(name)[0])}") for name in NAMES}
    hits[""] = make_hit("v=2&tid=G-1&cid=1.1&en=custom")
    visits = [Closed(np.array([offset]), "timeout") for offset in range(len(hits))]
    return dict(zip(hits, compute_rows(list(hits.values()), protosessions=visits), strict=True))


@present
def test_there_are_as_many_as_the_catalogue_says() -> None:
    """131 rows of the schema and 5 of ours, so that a file that was read wrongly cannot pass for a short one."""
    assert len(COLUMNS) == 136


@present
@pytest.mark.parametrize("name", COLUMNS)
def test_type(name: str, schema: pa.Schema) -> None:
    """As the catalogue says; times are microseconds, and items have fields of their own besides."""
    written = re.sub(r"list<\w+: ", "list<", str(schema.field(name).type))
    assert written.replace(f", {OWN_FIELD}>", ">").replace("double", "float64") == _type(name)


@present
@pytest.mark.parametrize("name", COLUMNS)
def test_nullability(name: str, schema: pa.Schema) -> None:
    """Only what identifies an event is required."""
    assert schema.field(name).nullable is (name not in NEVER_NULL)


def test_what_is_required_of_every_protocol(schema: pa.Schema) -> None:
    """Is so, and besides only the number of the epoch, which the worker gives."""
    assert {field.name for field in schema if not field.nullable} == NEVER_NULL | {"schema_epoch"}


@present
@pytest.mark.parametrize("name", COLUMNS)
def test_documentation(name: str) -> None:
    """A sentence for analysts stands with every column."""
    docs = [column.doc for column in plugins.load(entry_points=False).columns if column.name == name]
    assert [doc for doc in docs if len(doc.split()) >= 2] == docs != []


@present
def test_every_one_is_tried() -> None:
    """No column of the catalogue is missing among those that are filled and left empty here."""
    assert COLUMNS.keys() - set(NAMES) == set()


@pytest.mark.parametrize("name", NAMES)
def test_filled(name: str, rows: dict[str, dict[str, Any]]) -> None:
    """A request that says it gives the value."""
    value = rows[name][name]
    assert (str(value) if name == "page_load_hash" else value) == _case(name)[1]


@pytest.mark.parametrize("name", NAMES)
def test_empty(name: str, rows: dict[str, dict[str, Any]]) -> None:
    """A request that does not say it gives null; an empty list, 0 for a count and false for a flag."""
    assert rows[""][name] == EMPTY.get(name)


def _type(name: str) -> str:
    return re.sub(r"^timestamp\[s,", "timestamp[us,", COLUMNS[name]["arrow_type"]).replace("double", "float64")


def _case(name: str) -> tuple[str, object]:
    if name in FILLED:
        return FILLED[name]
    query, value = ANY_NAME[OF_GA4[name]]
    return query.format(name.removeprefix("params_")), value


def _named(query: str) -> str:
    return query if query.startswith("en=") else f"en=custom&{query}"
