"""Views of products."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.protocols.matomo.products import categories_of

Read = Callable[..., Any]
PRODUCT = "_pks=SKU1&_pkn=A%20shoe&_pkp=9.99&_pkc=Shoes"
COLUMNS = ("params_product_sku", "params_product_name", "params_product_price", "params_product_category_1")
CATEGORIES = tuple(f"params_product_category_{n}" for n in range(1, 6))


def product(row: dict[str, Any]) -> tuple[Any, ...]:
    """Whether the row is the view of a product, and of which."""
    return row["is_product_view"], *(row[name] for name in COLUMNS)


def test_the_view_of_a_product(row: Read) -> None:
    """A page view that says what it shows."""
    found = row(f"action_name=Shoe&{PRODUCT}")
    assert (found["name"], product(found)) == ("page_view", (True, "SKU1", "A shoe", 9.99, "Shoes"))


def test_only_page_views(rows: Read) -> None:
    """The tag repeats the product with all that happens on the page later, orders and heartbeats included."""
    later = ("e_c=a&e_a=b", "download=x", "idgoal=0&ec_id=A", "idgoal=2", "ping=1", "search=shoe", "c_n=x", "ca=1")
    found = rows(*(f"{PRODUCT}&{sent}" for sent in later))
    assert "page_view" not in [row["name"] for row in found]
    assert [product(row) for row in found] == [(False, None, None, None, None)] * len(later)


def test_other_pages(row: Read) -> None:
    """Nothing, and what the tag sends where it knows nothing, is null."""
    for sent in ("action_name=Home", "_pks=&_pkn=&_pkp=&_pkc=", "_pkp=false&_pkc="):
        assert product(row(sent)) == (False, None, None, None, None)


def test_the_page_of_a_category(row: Read) -> None:
    """It has a category and shows no product."""
    assert product(row("_pkc=Shoes")) == (False, None, None, None, "Shoes")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {"2": ["_pkp", 9.5], "3": ["_pks", "SKU1"], "4": ["_pkn", "A shoe"], "5": ["_pkc", '["Shoes","Red"]']},
            (True, "SKU1", "A shoe", 9.5, "Shoes"),
        ),
        ({"5": ["_pkc", "Shoes"]}, (False, None, None, None, "Shoes")),
        ({"3": ["_pks", ""], "4": ["_pkn", "A shoe"]}, (True, None, "A shoe", None, None)),
        ({"1": ["_pks", "SKU1"], "2": ["_pkn", "A shoe"]}, (False, None, None, None, None)),
        ({"3": "_pks", "4": ["_pkn"], "5": {"_pkc": 1}}, (False, None, None, None, None)),
        ([["_pks", "SKU1"]], (False, None, None, None, None)),
    ],
)
def test_custom_variables_of_old_clients(rows: Read, variables: Any, expected: tuple[Any, ...]) -> None:
    """Piwik's own slots for a product's price, SKU, name and category; other slots are the site's."""
    sent = "cvar=" + quote(json.dumps(variables), safe="")
    page, link = rows(sent, f"{sent}&link=https://other.example/")
    assert product(page) == expected
    assert product(link) == (False, None, None, None, None)


def test_parameters_go_before_custom_variables(row: Read) -> None:
    """One by one."""
    variables = quote(json.dumps({"3": ["_pks", "OLD"], "4": ["_pkn", "Old name"]}), safe="")
    assert product(row(f"_pks=NEW&cvar={variables}")) == (True, "NEW", "Old name", None, None)


@pytest.mark.parametrize("sent", ["_pks=SKU1", "_pkn=A%20shoe"])
def test_one_name_is_enough(row: Read, sent: str) -> None:
    """SKU or name."""
    assert row(sent)["is_product_view"] is True


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ('["a","b","c","d","e"]', ["a", "b", "c", "d", "e"]),
        ('["a","b","c","d","e","f"]', ["a", "b", "c", "d", "e"]),
        ('["a","","c"]', ["a", None, "c", None, None]),
        ('[" a ",7,null,["x"],true]', [" a ", "7", None, None, "true"]),
        ("[]", [None] * 5),
        ("Electronics %26 Cameras", ["Electronics & Cameras", None, None, None, None]),
        ('["a"', ['["a"', None, None, None, None]),
        ('{"a":1}', ['{"a":1}', None, None, None, None]),
        ("7", ["7", None, None, None, None]),
        ("[" * 3_000, ["[" * 3_000, None, None, None, None]),
        ('["\\ud800"]', ["?", None, None, None, None]),
    ],
)
def test_categories(row: Read, sent: str, expected: list[str | None]) -> None:
    """Each element of an array in its place; a text that is none is the first."""
    found = row(f"_pks=A&_pkc={sent}")
    assert [found[name] for name in CATEGORIES] == expected


@settings(deadline=None)
@given(st.one_of(st.text(), st.text('[]",a1\\u{}: ')))
def test_any_text_has_five_categories(sent: str) -> None:
    """Never an exception; what does not begin as an array is the first as it is."""
    found = categories_of(sent)
    assert len(found) == 5
    assert sent.lstrip().startswith("[") or found == (sent, None, None, None, None)


def test_captured(captured: list[dict[str, Any]]) -> None:
    """A page told a real tag its product after the view of the page: the hits that repeat it view nothing."""
    assert {product(row) for row in captured if row["name"] != "page_view"} == {(False, None, None, None, None)}
    assert not any(row["is_product_view"] for row in captured)
