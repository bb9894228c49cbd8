"""The place of a session: of each column the first value that is known."""

from tracker.columns.events import Events
from tracker.columns.types import Enumeration, String
from tracker.columns.words import session


@session
def session_geo_city(geo_city: Events[String]) -> String:
    """City, as the first event of the session that tells it."""
    return geo_city.first_known()


@session
def session_geo_continent(geo_continent: Events[String]) -> Enumeration:
    """Continent, as the first event of the session that tells it."""
    return geo_continent.first_known()


@session
def session_geo_country(geo_country: Events[String]) -> Enumeration:
    """Country, as the first event of the session that tells it."""
    return geo_country.first_known()


@session
def session_geo_metro(geo_metro: Events[String]) -> String:
    """Metropolitan area, as the first event of the session that tells it."""
    return geo_metro.first_known()


@session
def session_geo_region(geo_region: Events[String]) -> String:
    """Region, as the first event of the session that tells it."""
    return geo_region.first_known()


@session
def session_geo_sub_continent(geo_sub_continent: Events[String]) -> Enumeration:
    """Part of a continent, as the first event of the session that tells it."""
    return geo_sub_continent.first_known()
