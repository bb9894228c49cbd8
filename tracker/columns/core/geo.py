"""Where the visitor is: as the sender states it, else as the address tells.

A place comes from one source as a whole: a city that was stated never stands beside the country of an address.
"""

from typing import Annotated

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.types import Enumeration, Float64, String, struct_of
from tracker.columns.words import declare, event

Place = Annotated[
    pa.StructArray,
    struct_of(
        city=String,
        region=String,
        metro=String,
        country=String,
        country_code=String,
        continent=String,
        sub_continent=String,
        latitude=Float64,
        longitude=Float64,
    ),
]
"""Names as people read them, the country also by its code of two capital letters. What is not known is null."""

sent_place = declare(Place, stored=False, doc="Place as the sender states it; null where it states none.")
located_place = declare(Place, stored=False, doc="Place of the client address; null where nobody looks addresses up.")


@event(stored=False)
def place(sent_place: Place, located_place: Place) -> Place:
    """The place stated, or else that of the address."""
    return ops.coalesce(sent_place, located_place)


@event
def geo_city(place: Place) -> String:
    """City the visitor is in."""
    return ops.field(place, "city")


@event
def geo_region(place: Place) -> String:
    """Region the visitor is in, a state or province."""
    return ops.field(place, "region")


@event
def geo_country(place: Place) -> Enumeration:
    """Country the visitor is in, by its English name; null for a code that ISO 3166 does not know."""
    return ops.field(place, "country")


@event
def geo_country_code(place: Place) -> Enumeration:
    """Country the visitor is in, by its two letters in ISO 3166-1, for example DE."""
    return ops.field(place, "country_code")


@event
def geo_continent(place: Place) -> Enumeration:
    """Continent the visitor is on. Senders state it by UN M49, where North and South America are one: Americas."""
    return ops.field(place, "continent")


@event
def geo_sub_continent(place: Place) -> Enumeration:
    """Part of a continent the visitor is in, by UN M49, for example Western Europe."""
    return ops.field(place, "sub_continent")


@event
def geo_metro(place: Place) -> String:
    """Metropolitan area the visitor is in."""
    return ops.field(place, "metro")


@event
def geo_latitude(place: Place) -> Float64:
    """Latitude of the place in degrees, north positive."""
    return ops.field(place, "latitude")


@event
def geo_longitude(place: Place) -> Float64:
    """Longitude of the place in degrees, east positive."""
    return ops.field(place, "longitude")
