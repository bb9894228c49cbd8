"""Amounts in dollars, and what a session brought."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tracker.columns import Float64, String
from tracker.columns.core import currency
from tracker.columns.rates import Rates
from tracker.testing import compute_rows, events, make_hit

DAY = date(2025, 10, 9)
"""Of `tracker.testing.NOW`, a Thursday."""
RATES = Rates.of({"EUR": {DAY: 1.25}, "GBP": {DAY: 1.5}})
AMOUNTS = ("ecommerce_purchase_revenue", "ecommerce_refund_value", "ecommerce_shipping_value", "ecommerce_tax_value")


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """A euro is 1.25 dollars, a pound 1.5, and 200 yen are one euro."""
    file = tmp_path / "rates.csv"
    file.write_text("Date,USD,GBP,JPY,\n2025-10-09,1.25,0.83333333333333333,200,\n")
    return {"currency": {"rates_file": file}}


def rows(settings: dict[str, Any], *queries: str) -> list[dict[str, Any]]:
    """The rows of one session."""
    return compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&{query}") for query in queries], settings)


def floats(*values: float | None) -> Any:
    return pa.array(values, pa.float64())


def test_the_rate_of_each_event() -> None:
    """Unknown currencies and days have none."""
    codes, days = pa.array(["EUR", "usd", None, "XYZ", "EUR"]), pa.array([DAY, DAY, DAY, DAY, date(1998, 1, 1)])
    assert currency.usd_rate(codes, days, RATES).to_pylist() == [1.25, 1.0, None, None, None]


def test_without_currencies_nothing_is_looked_up() -> None:
    """Neither in an empty batch."""
    for size in (0, 2):
        found = currency.usd_rate(pa.nulls(size, pa.string()), pa.nulls(size, pa.date32()), RATES)
        assert found.equals(pa.nulls(size, pa.float64()))


def test_amounts_are_multiplied_and_not_rounded() -> None:
    """Tiny and negative ones too; dollars stay what they are."""
    amounts, rates = floats(10, 1e-9, -3, 0.1, None, 5), floats(1.25, 1.25, 1.25, 1, 1.25, None)
    wanted = [12.5, 1.25e-9, -3.75, 0.1, None, None]
    for column in (
        currency.ecommerce_purchase_revenue_in_usd,
        currency.ecommerce_refund_value_in_usd,
        currency.ecommerce_shipping_value_in_usd,
        currency.ecommerce_tax_value_in_usd,
    ):
        assert column(amounts, rates).to_pylist() == wanted


def comparable(amounts: list[float | None], codes: list[str | None], own: str | None) -> list[float | None]:
    """`comparable_revenue` on one day."""
    size, days = len(codes), pa.array([DAY] * len(codes))
    sent = pa.array(codes, pa.string())
    found: list[float | None] = currency.comparable_revenue(
        floats(*amounts), sent, pa.array([own] * size, pa.string()), currency.usd_rate(sent, days, RATES), days, RATES
    ).to_pylist()
    return found


def test_revenue_in_the_propertys_currency() -> None:
    """Its own is left as it is, others are converted by the rates of the day, and what cannot be is null."""
    codes = ["EUR", "GBP", "USD", "XYZ", None, "GBP"]
    assert comparable([0.1, 10, 10, 10, 10, None], codes, "EUR") == [0.1, 12.0, 8.0, None, 10.0, None]


def test_revenue_of_a_property_without_a_currency() -> None:
    """Stays in the order's."""
    assert comparable([1, 2, 3], ["EUR", "XYZ", None], None) == [1.0, 2.0, 3.0]


def revenue(amounts: Any, converted: Any, codes: Any, own: Any) -> list[Any]:
    """`session_revenue` of runs."""
    found: list[Any] = currency.session_revenue(
        events(amounts, Float64), events(converted, Float64), events(codes, String), events(own, String)
    ).to_pylist()
    return found


def test_a_session_in_the_propertys_currency() -> None:
    """Orders add up, events without one do not matter, and one that cannot be converted leaves no sum."""
    amounts = [[1.0, None, 2.0], [1.0, 2.0], [None]]
    converted = [[1.0, None, 2.5], [1.0, None], [None]]
    codes, own = [["EUR", "XYZ", "GBP"], ["EUR", "XYZ"], [None]], [["EUR"] * 3, ["EUR"] * 2, ["EUR"]]
    assert revenue(amounts, converted, codes, own) == [3.5, None, None]


def test_a_session_without_the_propertys_currency() -> None:
    """Orders of one currency add up, whichever it is, and mixed ones do not; having none is a currency of its own."""
    codes = [["EUR", "EUR"], ["EUR", "GBP"], [None, None], ["EUR", None]]
    amounts, own = [[1.0, 2.0]] * 4, [[None, None]] * 4
    assert revenue(amounts, amounts, codes, own) == [3.0, None, 3.0, None]


def test_a_session_in_dollars() -> None:
    """Null without an order, and where one has no value in dollars."""
    amounts = events([[1.0, None, 2.0], [1.0, 2.0], [None]], Float64)
    dollars = events([[1.5, None, 3.0], [1.5, None], [None]], Float64)
    found = currency.session_revenue_in_usd(amounts, dollars)
    assert found.to_pylist() == [4.5, None, None]


def test_rows_in_euros(settings: dict[str, Any]) -> None:
    """From the request to each column."""
    bought, returned, viewed = rows(
        settings,
        "en=purchase&cu=EUR&epn.value=10&epn.shipping=4&epn.tax=2&ep.transaction_id=T1",
        "en=refund&cu=EUR&epn.value=-8&epn.shipping=0",
        "en=page_view",
    )
    assert [bought[f"{name}_in_usd"] for name in AMOUNTS] == [12.5, None, 5.0, 2.5]
    assert [returned[f"{name}_in_usd"] for name in AMOUNTS] == [None, -10.0, 0.0, None]
    assert [viewed[f"{name}_in_usd"] for name in AMOUNTS] == [None] * 4
    assert [viewed["session_revenue"], viewed["session_revenue_in_usd"]] == [10.0, 12.5]


@pytest.mark.parametrize(
    ("code", "dollars"), [("usd", 10.0), ("JPY", 0.0625), ("XYZ", None), ("", None), ("%20", None)]
)
def test_rows_in_other_currencies(settings: dict[str, Any], code: str, dollars: float | None) -> None:
    """Any case, any currency of the table; null for what is none."""
    (row,) = rows(settings, f"en=purchase&epn.value=10&cu={code}")
    assert (row["ecommerce_purchase_revenue"], row["ecommerce_purchase_revenue_in_usd"]) == (10.0, dollars)
    assert row["session_revenue_in_usd"] == dollars


def test_items_in_dollars(settings: dict[str, Any]) -> None:
    """Price, revenue and refund of each; null where there is no amount, or no rate."""
    sent = "pr1=idA~pr2~qt3&pr2=idB"
    found = rows(
        settings, *(f"en={name}&cu={code}&{sent}" for name in ("purchase", "refund") for code in ("EUR", "XYZ"))
    )
    members = ("price_in_usd", "item_revenue_in_usd", "item_refund_in_usd")
    assert [[tuple(item[name] for name in members) for item in row["ecommerce_items"]] for row in found] == [
        [(2.5, 7.5, None), (None, None, None)],
        [(None, None, None), (None, None, None)],
        [(2.5, None, 7.5), (None, None, None)],
        [(None, None, None), (None, None, None)],
    ]


def test_sessions_of_mixed_currencies(settings: dict[str, Any]) -> None:
    """Converted into the property's, and not added without it."""
    queries = (
        "en=purchase&cu=EUR&epn.value=10&ep.transaction_id=1",
        "en=purchase&cu=USD&epn.value=10&ep.transaction_id=2",
    )
    euros = {**settings, "properties": {"G-1": {"currency": "EUR"}}}
    assert [rows(one, *queries)[0]["session_revenue"] for one in (settings, euros)] == [None, 18.0]
    assert rows(settings, *queries)[0]["session_revenue_in_usd"] == 22.5


def test_matomos_orders_are_converted_too() -> None:
    """In the property's currency, by the rates that come with the program."""
    query = 'idsite=1&rec=1&idgoal=0&ec_id=O1&revenue=10&ec_items=[["A","Shoe","",4,2]]'
    hit = make_hit(query, protocol="matomo", family="matomo", property_id="1", path="/matomo.php")
    (row,) = compute_rows([hit], {"properties": {"1": {"currency": "EUR"}}})
    assert row["ecommerce_purchase_revenue_in_usd"] == pytest.approx(11.6, abs=0.2)
    assert row["session_revenue_in_usd"] == row["ecommerce_purchase_revenue_in_usd"]
    assert row["ecommerce_items"][0]["item_revenue_in_usd"] == pytest.approx(row["session_revenue_in_usd"] * 0.8)
