"""What happened: one name per hit, as Matomo itself decides it, with what belongs to links, events and goals."""

from tracker.columns import Bool, Float64, Int64, String, event, ops, param
from tracker.columns.core import identity
from tracker.protocols.matomo.columns import MATOMO

matomo_ping = param("ping", type=Int64, protocol=MATOMO, doc="Heartbeat.")
matomo_search = param("search", type=String, protocol=MATOMO, doc="Words searched for on the site, as the tag says.")
matomo_custom_action = param("ca", type=Int64, protocol=MATOMO, doc="Custom action: never a page view.")

params_goal_id = param(
    "idgoal", type=String, protocol=MATOMO, stored=True, doc="The goal's id; 0 on orders and changes of the cart."
)
params_download_url = param("download", type=String, protocol=MATOMO, stored=True, doc="The file that was loaded.")
params_link_url = param(
    "link", type=String, protocol=MATOMO, stored=True, doc="Where a clicked link leads, away from the site."
)
params_category = param("e_c", type=String, protocol=MATOMO, stored=True, doc="What an event is about, as a category.")
params_action = param("e_a", type=String, protocol=MATOMO, stored=True, doc="What was done in an event.")
params_event_name = param("e_n", type=String, protocol=MATOMO, stored=True, doc="What an event was done with.")
params_value = param("e_v", type=Float64, protocol=MATOMO, stored=True, doc="A number that belongs to an event.")


@event(protocol=MATOMO, stored=False)
def matomo_goal(params_goal_id: String) -> Int64:
    """Goal id as a number; 0 marks e-commerce. Null for what is no whole number: such a hit is about no goal."""
    return ops.as_int(params_goal_id)


@event(protocol=MATOMO, stored=False)
def matomo_action(
    matomo_ping: Int64,
    matomo_goal: Int64,
    params_transaction_id: String,
    params_media_asset_id: String,
    params_media_type: String,
    params_media_seconds_played: Int64,
    params_crash_message: String,
    params_download_url: String,
    params_link_url: String,
    params_category: String,
    params_action: String,
    params_content_name: String,
    params_content_interaction: String,
    matomo_search: String,
    matomo_custom_action: Int64,
) -> String:
    """What the hit says that it is; page_view where it does not say."""
    shop = ops.equal(matomo_goal, 0)
    media = ops.is_known(params_media_asset_id)
    content = ops.is_known(params_content_name)
    return ops.first_that_applies(
        (ops.equal(matomo_ping, 1), "ping"),
        (ops.both(shop, ops.is_known(params_transaction_id)), "ecommerce_order"),
        (shop, "ecommerce_cart_update"),
        (ops.more_than(matomo_goal, 0), "goal_conversion"),
        (ops.both(media, ops.equal(params_media_seconds_played, 0)), "media_impression"),
        (ops.both(media, ops.equal(params_media_type, "video")), "video_play"),
        (ops.both(media, ops.equal(params_media_type, "audio")), "audio_play"),
        (media, "media_play"),
        (ops.is_known(params_crash_message), "crash"),
        (ops.is_known(params_download_url), "download"),
        (ops.is_known(params_link_url), "outlink"),
        (ops.both(ops.is_known(params_category), ops.is_known(params_action)), "custom_event"),
        (ops.both(content, ops.is_known(params_content_interaction)), "content_interaction"),
        (content, "content_impression"),
        (ops.is_known(matomo_search), "site_search"),
        (ops.equal(matomo_custom_action, 1), "custom_action"),
        otherwise="page_view",
    )


@event(protocol=MATOMO, implements=identity.name)
def matomo_name(matomo_action: String, matomo_searched: String) -> String:
    """What happened, in the tag's own order of precedence: the first that applies.

    ping; ecommerce_order, ecommerce_cart_update and goal_conversion, which stand for the hit's action; media_impression
    (seen, but not played), video_play, audio_play and media_play (one for each report of the player), crash; download,
    outlink, custom_event, content_interaction, content_impression, site_search; custom_action (an action that only a
    plugin of Matomo knows, which Matomo alone would not store); page_view.

    A page view whose URL carries a search (setting `site_search_parameters`) is a site_search and no page_view.
    """
    return ops.if_else(ops.is_known(matomo_searched), "site_search", matomo_action)


@event(protocol=MATOMO, implements=identity.opens_session)
def matomo_opens_session(name: String) -> Bool:
    """False for a heartbeat: it extends a visit and begins none."""
    return ops.not_equal(name, "ping")
