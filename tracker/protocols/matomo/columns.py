"""What only Matomo requests can tell. Parameter names are those of the wire."""

from tracker.columns import String, event, ops, param
from tracker.columns.core import device, identity, pages, url

MATOMO = "matomo"

matomo_page_url = param("url", type=String, protocol=MATOMO, implements=url.page_url, doc="Page URL.")
matomo_page_title = param("action_name", type=String, protocol=MATOMO, implements=pages.page_title, doc="Page title.")
matomo_page_referrer = param("urlref", type=String, protocol=MATOMO, implements=pages.page_referrer, doc="Referrer.")
matomo_language = param("lang", type=String, protocol=MATOMO, implements=device.language_parameter, doc="Language.")


@event(protocol=MATOMO, implements=identity.platform)
def matomo_platform(name: String) -> String:
    """Always web."""
    return ops.constant(name, "web", String)
