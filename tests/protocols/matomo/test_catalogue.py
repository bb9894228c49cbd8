"""The catalogue of columns, beside this repository, is a contract: names, types, and what is never null."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pytest

from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_batch, make_request

REFERENCE = Path(__file__).resolve().parents[3] / "../shared/reference"
NEVER_NULL = {
    "id", "property_id", "client_id", "name", "tracking_protocol", "timestamp_utc", "date_utc", "received_at",
    "ingested_at",
}  # fmt: skip
"""Columns that the tables themselves hold to it."""
SHORT_TYPES = {"double": "float64", "list<item: ": "list<", "timestamp[us, ": "timestamp["}
PAGE = {"url": "https://shop.example/a?x=1", "action_name": "A", "_idn": "0", "cvar": '{"1":["Size","L"]}'}
PRODUCT = {"_pks": "S1", "_pkn": "Shoe", "_pkc": '["c1","c2","c3","c4","c5"]', "_pkp": "9.5", "dimension3": "blue"}
ORDER = {
    "idgoal": "0", "ec_id": "A-1", "revenue": "30", "ec_st": "20", "ec_tx": "6", "ec_sh": "4", "ec_dt": "1",
    "ec_items": '[["S1","Shoe","c",10,2]]',
}  # fmt: skip
BLOCK = {"c_n": "Banner", "c_p": "b.png", "c_t": "https://shop.example/sale"}
VISIT: tuple[dict[str, str], ...] = (
    {**PAGE, **PRODUCT, "pv_id": "abcdef", "_cvar": '{"1":["Plan","pro"]}'},
    ORDER,
    {"idgoal": "7"},
    BLOCK,
    {**BLOCK, "c_i": "click"},
    {"search": "red shoes", "search_cat": "Men", "search_count": "3"},
    {"e_c": "Films", "e_a": "play", "e_v": "2.5"},
    {"download": "https://shop.example/list.pdf"},
    {"link": "https://other.example/"},
    {"ma_id": "m1", "ma_mt": "video", "ma_st": "5"},
)
"""A visit in which everything happens that Matomo's own columns tell of."""
NOTHING: dict[str, str] = {}
HEARTBEAT = {"ping": "1"}


def catalogue(*protocols: str) -> list[dict[str, str]]:
    """The rows of the catalogue for these protocols; skips where it is absent."""
    files = [REFERENCE / name for name in ("columns.csv", "columns-added.csv")]
    if not all(file.exists() for file in files):
        pytest.skip("the catalogue of columns is not beside this repository")
    rows = (row for file in files for row in csv.DictReader(file.read_text().splitlines()))
    return [row for row in rows if row["protocols"] in protocols]


def hits(*sent: dict[str, str]) -> Iterator[Hit]:
    """What the requests of one visitor become."""
    for parameters in sent:
        query = urlencode({"idsite": "1", "rec": "1", "_id": "0123456789abcdef", **parameters})
        for piece in MatomoProtocol().hits(make_request(f"/matomo.php?{query}"), Properties({}, MatomoSettings())):
            if isinstance(piece, Hit):
                yield piece


@pytest.fixture(scope="module")
def visit() -> pa.Table:
    """The rows of the visit in which everything happens."""
    return compute_batch(list(hits(*VISIT))).events


def short(name: object) -> str:
    """A type as the catalogue writes it, whatever the unit of its times."""
    text = str(name).replace("timestamp[s, ", "timestamp[")
    for long, other in SHORT_TYPES.items():
        text = text.replace(long, other)
    return text


def wanted_types() -> dict[str, str]:
    """Column -> type. Both protocols' items are one struct: GA4's, and what a site adds."""
    types = {row["column"]: short(row["arrow_type"]) for row in catalogue("matomo", "all")}
    (items,) = [row["arrow_type"] for row in catalogue("ga4|native") if row["column"] == "ecommerce_items"]
    types["ecommerce_items"] = short(items).removesuffix(">>") + ", custom: list<struct<name: string, value: string>>>>"
    return types


def test_matomos_columns_are_all_there(visit: pa.Table) -> None:
    """None of those that only Matomo fills is missing."""
    assert {row["column"] for row in catalogue("matomo")} - set(visit.column_names) == set()


def test_columns_have_the_types_of_the_catalogue(visit: pa.Table) -> None:
    """Matomo's own and the shared ones."""
    found = {field.name: short(field.type) for field in visit.schema}
    assert {name: found[name] for name in wanted_types() if name in found} == {
        name: kind for name, kind in wanted_types().items() if name in found
    }


def test_tables_hold_few_columns_to_have_values(visit: pa.Table) -> None:
    """The rest may be null, so that a bad value never costs a row."""
    may_not = {row["column"] for row in catalogue("all") if row["nullable"] == "false"}
    held = {field.name for field in visit.schema if not field.nullable}
    assert (NEVER_NULL - held, held - NEVER_NULL - may_not) == (set(), set())


def test_flags_and_lists_are_never_null() -> None:
    """Where nothing was said they are false and empty, even of a heartbeat that belongs to no visit."""
    flags = {row["column"] for row in catalogue("all", "matomo") if row["column"].startswith("is_")}
    for sent in NOTHING, HEARTBEAT:
        table = compute_batch(list(hits(sent))).events
        lists = {field.name for field in table.schema if pa.types.is_list(field.type)}
        assert [name for name in table.column_names if name in flags | lists and table[name].null_count] == []


def test_counts_are_never_null_in_a_session() -> None:
    """They are 0; what belongs to no visit counts nothing."""
    table = compute_batch(list(hits(NOTHING))).events
    counts = [name for name in table.column_names if name.startswith(("session_total_", "session_unique_"))]
    assert [name for name in counts if table[name].null_count] == []
    (lone,) = compute_batch(list(hits(HEARTBEAT))).events.to_pylist()
    assert (lone["session_id"], [lone[name] for name in counts]) == (None, [None] * len(counts))


def test_every_column_of_matomos_is_filled(visit: pa.Table) -> None:
    """By the requests of one visit."""
    empty = [row["column"] for row in catalogue("matomo") if not any(_is_value(one) for one in visit[row["column"]])]
    assert empty == []


def _is_value(one: Any) -> bool:
    return one.as_py() not in (None, [], 0, False)


FILLED = {
    ("page_view", "session_total_content_impressions"): 1,
    ("page_view", "session_total_content_interactions"): 1,
    ("page_view", "session_total_goal_conversions"): 1,
    ("page_view", "session_returning_user"): True,
    ("page_view", "custom_variables"): [{"name": "Size", "value": "L"}],
    ("page_view", "params_product_category_5"): "c5",
    ("ecommerce_order", "session_custom_dimensions"): [{"slot": 3, "value": "blue"}],
    ("ecommerce_order", "session_custom_variables"): [{"name": "Plan", "value": "pro"}],
    ("ecommerce_order", "ecommerce_items_total_quantity"): 2,
    ("ecommerce_order", "ecommerce_purchase_revenue"): 30.0,
    ("video_play", "params_media_asset_id"): "m1",
    ("goal_conversion", "params_goal_id"): "7",
}
"""Event and column -> value."""


@pytest.mark.parametrize(("event", "column"), FILLED, ids="-".join)
def test_values(visit: pa.Table, event: str, column: str) -> None:
    """Some of what the visit fills, as the catalogue says that it is read."""
    assert [row[column] for row in visit.to_pylist() if row["name"] == event] == [FILLED[event, column]]
