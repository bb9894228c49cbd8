"""An item of an order, a cart or a list: one struct, whatever the protocol."""

from collections.abc import Mapping
from typing import Annotated, Any

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.types import Float64, String, list_of, struct_of

Item = struct_of(
    item_id=String, item_name=String, affiliation=String, coupon=String, discount=Float64, index=Float64,
    item_brand=String, item_category=String, item_category2=String, item_category3=String, item_category4=String,
    item_category5=String, item_list_id=String, item_list_name=String, item_variant=String, location_id=String,
    price=Float64, price_in_usd=Float64, quantity=Float64, item_refund=Float64, item_refund_in_usd=Float64,
    item_revenue=Float64, item_revenue_in_usd=Float64, promotion_id=String, promotion_name=String,
    creative_name=String, creative_slot=String, custom=list_of(struct_of(name=String, value=String)),
)  # fmt: skip
ItemList = Annotated[pa.ListArray, list_of(Item)]
"""`custom` holds fields that are the shop's own."""


def whole_items(members: Mapping[str, Any], usd_rate: Any) -> Any:
    """`Item` structs of arrays by member name; members that are missing are null.

    Those in US dollars are filled here: `usd_rate` has, for each item, the rate of its event (the column of that name).
    """
    filled = dict(members)
    for name in ("price", "item_revenue", "item_refund"):
        if name in members:
            filled[f"{name}_in_usd"] = ops.multiply(members[name], usd_rate)
    arrays = [filled.get(field.name, pa.nulls(len(usd_rate), field.type)) for field in Item]
    return pa.StructArray.from_arrays(arrays, fields=list(Item))
