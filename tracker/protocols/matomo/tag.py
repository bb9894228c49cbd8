"""What the tag says of itself and its page: site, page view, local time, screen, cookies, data of the site's own."""

from tracker.columns import Bool, Int64, String, event, ops, param
from tracker.columns.core import device
from tracker.protocols.matomo.columns import MATOMO

PAGE_VIEW_ID = 6
"""Characters of a page view's id."""
RESOLUTION = 9
"""Characters of a screen size, as Matomo keeps it."""

matomo_page_view = param("pv_id", type=String, protocol=MATOMO, doc="Id of the page view as the tag sends it.")
matomo_resolution = param("res", type=String, protocol=MATOMO, doc="Screen size as the tag sends it.")
matomo_hour = param("h", type=Int64, protocol=MATOMO, doc="The device's hour.")
matomo_minute = param("m", type=Int64, protocol=MATOMO, doc="The device's minute.")
matomo_second = param("s", type=Int64, protocol=MATOMO, doc="The device's second.")

params_site_id = param("idsite", type=String, protocol=MATOMO, stored=True, doc="The site's number, as the tag has it.")
params_custom_data = param(
    "data", type=String, protocol=MATOMO, stored=True, doc="Data that the site gave the tag for this hit, as JSON text."
)
device_cookies_enabled = param(
    "cookie", type=Bool, protocol=MATOMO, stored=True, doc="True where the browser takes cookies."
)


@event(protocol=MATOMO)
def params_page_view_id(matomo_page_view: String) -> String:
    """What the tag calls one view of a page: all hits on it carry the same 6 characters."""
    return ops.first_characters(matomo_page_view, PAGE_VIEW_ID)


@event(protocol=MATOMO, implements=device.device_screen_resolution)
def matomo_screen_resolution(matomo_resolution: String) -> String:
    """Width and height with an x between them."""
    return ops.per_distinct(matomo_resolution, resolution_of, String)


@event(protocol=MATOMO)
def device_local_time(matomo_hour: Int64, matomo_minute: Int64, matomo_second: Int64) -> String:
    """What the device's clock showed (HH:MM:SS); null where it is no time of day."""
    hour = ops.per_distinct(matomo_hour, _two_digits_below_24, String)
    minute = ops.per_distinct(matomo_minute, _two_digits_below_60, String)
    second = ops.per_distinct(matomo_second, _two_digits_below_60, String)
    return ops.concat(hour, ":", minute, ":", second)


def resolution_of(sent: str) -> str | None:
    """`320x480`, also where a multiplication sign stands for the x; None for `unknown`."""
    return None if sent == "unknown" else sent.replace("\u00d7", "x")[:RESOLUTION]


def _two_digits_below_24(number: int) -> str | None:
    return f"{number:02}" if 0 <= number < 24 else None


def _two_digits_below_60(number: int) -> str | None:
    return f"{number:02}" if 0 <= number < 60 else None
