"""What only GA4 requests can tell of what every protocol tells: name, page, amounts, platform."""

from tracker.columns import Bool, Float64, Int64, String, event, ops, param
from tracker.columns.core import bot_signs, commerce, device, identity, pages, url

GA4 = "ga4"

ga4_name = param("en", type=String, protocol=GA4, implements=identity.name, doc="Event name, exactly as sent.")
ga4_page_url = param("dl", type=String, protocol=GA4, implements=url.page_url, doc="Page URL.")
ga4_page_title = param("dt", type=String, protocol=GA4, implements=pages.page_title, doc="Page title.")
ga4_page_referrer = param("dr", type=String, protocol=GA4, implements=pages.page_referrer, doc="Referrer.")
ga4_ignore_referrer = param("ir", type=Bool, protocol=GA4, implements=pages.ignore_referrer, doc="Set by the tag.")
ga4_language = param("ul", type=String, protocol=GA4, implements=device.language_parameter, doc="Language.")
ga4_screen_resolution = param(
    "sr", type=String, protocol=GA4, implements=device.device_screen_resolution, doc="Screen."
)
ga4_page_load = param("_p", type=String, protocol=GA4, implements=identity.page_load_id, doc="Page load.")
ga4_sequence = param("_s", type=Int64, protocol=GA4, implements=identity.client_sequence, doc="Request counter.")
ga4_value = param("epn.value", "ep.value", type=Float64, protocol=GA4, doc="Amount.")
ga4_currency = param("cu", "ep.currency", type=String, protocol=GA4, doc="Currency of the event's amounts, as sent.")
ga4_transaction = param(
    "ep.transaction_id",
    "epn.transaction_id",
    type=String,
    protocol=GA4,
    implements=commerce.params_transaction_id,
    doc="Order.",
)
ga4_app = param("mp.firebase_app_id", type=String, protocol=GA4, doc="Firebase app id of an app's stream.")
ga4_consent_update = param("gcu", type=Bool, protocol=GA4, implements=identity.is_consent_update, doc="Set by the tag.")


@event(protocol=GA4, implements=identity.platform)
def ga4_platform(ga4_app: String) -> String:
    """App for events that were sent to an app's stream, web for all others."""
    return ops.first_that_applies((ops.is_known(ga4_app), "app"), otherwise="web")


@event(protocol=GA4, implements=bot_signs.is_browser_tag)
def ga4_is_browser_tag(tracking_protocol: String) -> Bool:
    """True for the tag's own requests, false for those of the Measurement Protocol."""
    return ops.equal(tracking_protocol, "ga4_gtag")


@event(protocol=GA4, implements=commerce.is_purchase)
def ga4_is_purchase(name: String, is_consent_update: Bool) -> Bool:
    """True for purchase, except for what is sent again after a consent change."""
    return ops.both(ops.equal(name, "purchase"), ops.negate(is_consent_update))


@event(protocol=GA4, implements=identity.opens_session)
def ga4_opens_session(name: String, is_consent_update: Bool) -> Bool:
    """False for a lone user_engagement (a tab going to sleep) and for what a consent change sends again."""
    return ops.negate(ops.either(ops.equal(name, "user_engagement"), is_consent_update))
