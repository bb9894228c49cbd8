"""The product a page shows: `_pks _pkn _pkc _pkp`. The tag repeats them with all that happens on the page later; the
view of the page is what counts.

Piwik's tags, and so the logs that are replayed, sent the same as custom variables of the page, in slots of their own.
"""

from typing import Annotated

import pyarrow as pa

from tracker.columns import Bool, Float64, String, event, ops, param, struct_of
from tracker.protocols.matomo.columns import MATOMO
from tracker.protocols.matomo.json_values import decoded, read, text_of

Categories = Annotated[pa.StructArray, struct_of(**{f"category_{n}": String for n in range(1, 6)})]

Product = Annotated[pa.StructArray, struct_of(**dict.fromkeys(("price", "sku", "name", "category"), String))]
SLOTS = {"2": "_pkp", "3": "_pks", "4": "_pkn", "5": "_pkc"}
"""Slot of the custom variables -> its name where it is about the page's product; in the order of `Product`."""

matomo_product_sku = param("_pks", type=String, protocol=MATOMO, doc="SKU of the page's product.")
matomo_product_name = param("_pkn", type=String, protocol=MATOMO, doc="Name of the page's product.")
matomo_product_category = param("_pkc", type=String, protocol=MATOMO, doc="Category, or a JSON array of them.")
matomo_product_price = param("_pkp", type=Float64, protocol=MATOMO, doc="Price of the page's product.")


@event(protocol=MATOMO, stored=False)
def matomo_product_variables(matomo_page_variables: String, is_page_view: Bool) -> Product:
    """What the custom variables of a page that was viewed say of its product."""
    return read(ops.only_where(is_page_view, matomo_page_variables), product_of, Product)


@event(protocol=MATOMO, absent=False)
def is_product_view(params_product_sku: String, params_product_name: String) -> Bool:
    """True for the view of a product's page: one that names the product by SKU or name. A category's page is none."""
    return ops.either(ops.is_known(params_product_sku), ops.is_known(params_product_name))


@event(protocol=MATOMO)
def params_product_sku(matomo_product_sku: String, matomo_product_variables: Product, is_page_view: Bool) -> String:
    """SKU of the product that was viewed; null on events other than page views."""
    return ops.coalesce(ops.only_where(is_page_view, matomo_product_sku), ops.field(matomo_product_variables, "sku"))


@event(protocol=MATOMO)
def params_product_name(matomo_product_name: String, matomo_product_variables: Product, is_page_view: Bool) -> String:
    """Name of the product that was viewed; null on events other than page views."""
    return ops.coalesce(ops.only_where(is_page_view, matomo_product_name), ops.field(matomo_product_variables, "name"))


@event(protocol=MATOMO)
def params_product_price(
    matomo_product_price: Float64, matomo_product_variables: Product, is_page_view: Bool
) -> Float64:
    """Price of the product that was viewed, in `ecommerce_currency`; null on events other than page views."""
    of_variables = ops.as_float(ops.field(matomo_product_variables, "price"))
    return ops.coalesce(ops.only_where(is_page_view, matomo_product_price), of_variables)


@event(protocol=MATOMO, stored=False)
def matomo_product_categories(
    matomo_product_category: String, matomo_product_variables: Product, is_page_view: Bool
) -> Categories:
    """The categories of the product or of the category's page that was viewed."""
    of_variables = ops.field(matomo_product_variables, "category")
    sent = ops.coalesce(ops.only_where(is_page_view, matomo_product_category), of_variables)
    return read(sent, categories_of, Categories)


@event(protocol=MATOMO)
def params_product_category_1(matomo_product_categories: Categories) -> String:
    """First category of the product that was viewed, or of the category's page."""
    return ops.field(matomo_product_categories, "category_1")


@event(protocol=MATOMO)
def params_product_category_2(matomo_product_categories: Categories) -> String:
    """Second category of the product that was viewed; null where it has fewer."""
    return ops.field(matomo_product_categories, "category_2")


@event(protocol=MATOMO)
def params_product_category_3(matomo_product_categories: Categories) -> String:
    """Third category of the product that was viewed; null where it has fewer."""
    return ops.field(matomo_product_categories, "category_3")


@event(protocol=MATOMO)
def params_product_category_4(matomo_product_categories: Categories) -> String:
    """Fourth category of the product that was viewed; null where it has fewer."""
    return ops.field(matomo_product_categories, "category_4")


@event(protocol=MATOMO)
def params_product_category_5(matomo_product_categories: Categories) -> String:
    """Fifth category of the product that was viewed; null where it has fewer."""
    return ops.field(matomo_product_categories, "category_5")


def product_of(variables: str) -> tuple[str | None, ...] | None:
    """The fields of `Product` in custom variables `{"3": ["_pks", "SKU"]}`; None where none is about a product."""
    content = decoded(variables) if "_pk" in variables else None
    if not isinstance(content, dict):
        return None
    return tuple(_named(content.get(slot), name) for slot, name in SLOTS.items())


def _named(pair: object, name: str) -> str | None:
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] != name:
        return None
    return text_of(pair[1]) or None


def categories_of(sent: str) -> tuple[str | None, ...]:
    """The first five elements of a JSON array, an empty one as None; any other text is the first by itself."""
    content = decoded(sent) if sent.lstrip().startswith("[") else None
    texts = [text_of(one) or None for one in content[:5]] if isinstance(content, list) else [sent]
    return (*texts, None, None, None, None, None)[:5]
