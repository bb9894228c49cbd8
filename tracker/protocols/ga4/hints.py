"""Client hints as GA4's tags send them."""

from urllib.parse import unquote

from tracker.columns import Bool, String, event, ops, param
from tracker.columns.core import hints
from tracker.protocols.ga4.columns import GA4

ga4_brands = param("uafvl", type=String, protocol=GA4, doc="Brands and full versions, each percent-encoded once more.")
ga4_mobile = param("uamb", type=Bool, protocol=GA4, implements=hints.sent_hint_mobile, doc="1 on a mobile device.")
ga4_model = param("uam", type=String, protocol=GA4, implements=hints.sent_hint_model, doc="The device's model.")
ga4_system = param("uap", type=String, protocol=GA4, implements=hints.sent_hint_platform, doc="The operating system.")
ga4_system_version = param(
    "uapv",
    type=String,
    protocol=GA4,
    implements=hints.sent_hint_platform_version,
    doc="The operating system's version.",
)


@event(protocol=GA4, implements=hints.sent_hint_brands)
def ga4_hint_brands(ga4_brands: String) -> String:
    """Brands with their versions."""
    return ops.per_distinct(ga4_brands, brands_of, String)


def brands_of(sent: str) -> str | None:
    """`Not:A-Brand;8.0|Chromium;126.0` of `Not%3AA-Brand;8.0|Chromium;126.0`.

    Some senders encode the list as a whole instead of each part.
    """
    if ";" not in sent:
        sent = unquote(sent)
    pairs = (part.partition(";") for part in sent.split("|"))
    return hints.brands_text((unquote(brand), unquote(version)) for brand, _, version in pairs)
