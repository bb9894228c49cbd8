"""What only Matomo requests can tell. Parameter names are those of the wire."""

from tracker.columns import Bool, Int64, String, event, ops, param
from tracker.columns.core import device, identity, pages, url

MATOMO = "matomo"

matomo_page_url = param("url", type=String, protocol=MATOMO, implements=url.page_url, doc="Page URL.")
matomo_page_title = param("action_name", type=String, protocol=MATOMO, implements=pages.page_title, doc="Page title.")
matomo_page_referrer = param("urlref", type=String, protocol=MATOMO, implements=pages.page_referrer, doc="Referrer.")
matomo_language = param("lang", type=String, protocol=MATOMO, implements=device.language_parameter, doc="Language.")
matomo_screen_resolution = param(
    "res", type=String, protocol=MATOMO, implements=device.device_screen_resolution, doc="Screen."
)
matomo_goal = param("idgoal", type=Int64, protocol=MATOMO, doc="Goal id; 0 marks e-commerce.")
matomo_download = param("download", type=String, protocol=MATOMO, doc="Downloaded file.")
matomo_link = param("link", type=String, protocol=MATOMO, doc="Outlink.")
matomo_event_category = param("e_c", type=String, protocol=MATOMO, doc="Event category.")
matomo_event_action = param("e_a", type=String, protocol=MATOMO, doc="Event action.")
matomo_content_name = param("c_n", type=String, protocol=MATOMO, doc="Content name.")
matomo_content_interaction = param("c_i", type=String, protocol=MATOMO, doc="Content interaction.")
matomo_search = param("search", type=String, protocol=MATOMO, doc="Site search keyword.")
matomo_media_id = param("ma_id", type=String, protocol=MATOMO, doc="Media play.")
matomo_ping = param("ping", type=Int64, protocol=MATOMO, doc="Heartbeat.")
matomo_custom_action = param("ca", type=Int64, protocol=MATOMO, doc="Custom action: never a page view.")


@event(protocol=MATOMO, implements=identity.platform)
def matomo_platform(name: String) -> String:
    """Always web."""
    return ops.constant(name, "web", String)


@event(protocol=MATOMO, implements=identity.name)
def matomo_name(
    matomo_ping: Int64,
    matomo_goal: Int64,
    params_transaction_id: String,
    matomo_media_id: String,
    matomo_download: String,
    matomo_link: String,
    matomo_event_category: String,
    matomo_event_action: String,
    matomo_content_name: String,
    matomo_content_interaction: String,
    matomo_search: String,
    matomo_custom_action: Int64,
) -> String:
    """What happened, in the tag's own order of precedence: the first that applies.

    ping, ecommerce_order, ecommerce_cart_update, goal_conversion, media_play, download, outlink, custom_event,
    content_interaction, content_impression, site_search, custom_action, and page_view where nothing else does.
    """
    shop = ops.equal(matomo_goal, 0)
    content = ops.is_known(matomo_content_name)
    return ops.first_that_applies(
        (ops.equal(matomo_ping, 1), "ping"),
        (ops.both(shop, ops.is_known(params_transaction_id)), "ecommerce_order"),
        (shop, "ecommerce_cart_update"),
        (ops.more_than(matomo_goal, 0), "goal_conversion"),
        (ops.is_known(matomo_media_id), "media_play"),
        (ops.is_known(matomo_download), "download"),
        (ops.is_known(matomo_link), "outlink"),
        (ops.both(ops.is_known(matomo_event_category), ops.is_known(matomo_event_action)), "custom_event"),
        (ops.both(content, ops.is_known(matomo_content_interaction)), "content_interaction"),
        (content, "content_impression"),
        (ops.is_known(ops.known_text(ops.strip(matomo_search))), "site_search"),
        (ops.equal(matomo_custom_action, 1), "custom_action"),
        otherwise="page_view",
    )


@event(protocol=MATOMO, implements=identity.opens_session)
def matomo_opens_session(name: String) -> Bool:
    """False for a heartbeat: it extends a visit and begins none."""
    return ops.not_equal(name, "ping")
