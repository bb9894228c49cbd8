"""An item of an order, a cart or a list: one struct, whatever the protocol."""

from typing import Annotated

import pyarrow as pa

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
