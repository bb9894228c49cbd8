"""Where the visitor is, as a sender with a token says. Without one such a request is refused at receipt."""

import pyarrow as pa

from tracker.columns import Float64, String, event, ops, param
from tracker.columns.core import geo
from tracker.columns.core.geo import Place
from tracker.columns.types import arrow_type
from tracker.protocols.matomo.columns import MATOMO
from tracker.protocols.place_names import place_of

matomo_country = param("country", type=String, protocol=MATOMO, doc="Two letters of the country, as in de.")
matomo_region = param("region", type=String, protocol=MATOMO, doc="The region's part of its ISO code, as in BY.")
matomo_city = param("city", type=String, protocol=MATOMO, doc="Name of the city.")
matomo_latitude = param("lat", type=Float64, protocol=MATOMO, doc="Latitude in degrees.")
matomo_longitude = param("long", type=Float64, protocol=MATOMO, doc="Longitude in degrees.")


@event(protocol=MATOMO, implements=geo.sent_place)
def matomo_place(
    matomo_country: String,
    matomo_region: String,
    matomo_city: String,
    matomo_latitude: Float64,
    matomo_longitude: Float64,
) -> Place:
    """The place of the request's own words, names put in the place of codes."""
    said = (matomo_country, matomo_region, matomo_city, matomo_latitude, matomo_longitude)
    if all(values.null_count == len(values) for values in said):
        return pa.nulls(len(matomo_country), arrow_type(Place))
    return ops.per_distinct(said, _place, Place)


def _place(
    country: str | None, region: str | None, city: str | None, latitude: float | None, longitude: float | None
) -> dict[str, str | float | None] | None:
    return place_of(country=country, region=region, city=city, latitude=latitude, longitude=longitude)
