"""Parameters that are a column by themselves, in the order of what they are about.

A tag writes `epn.` where code gave it a number and `ep.` otherwise, so a number that was text comes as `ep.`: both are
read everywhere, the likelier first.
"""

from functools import partial

from tracker.columns import Bool, Float64, Int64, String, param
from tracker.protocols.ga4.columns import GA4

text = partial(param, type=String, protocol=GA4, stored=True)
number = partial(param, type=Float64, protocol=GA4, stored=True)
whole = partial(param, type=Int64, protocol=GA4, stored=True)
flag = partial(param, type=Bool, protocol=GA4, stored=True)

params_engagement_time_ms = whole(
    "_et", doc="Milliseconds of attention since the tag's event before: foreground, in focus, visible."
)
params_ignore_referrer = flag("ir", doc="True when the tag asks to treat the referrer as absent.")
params_page_path = text(
    "dp", "ep.page_path", "epn.page_path", doc="Path of the page that code gave the tag; see page_path for the URL's."
)
params_traffic_type = text(
    "tt", "ep.traffic_type", "epn.traffic_type", doc="What a rule of the tag says of the visitor, such as internal."
)
params_content_group = text(
    "ep.content_group", "epn.content_group", doc="Group of pages or screens, as the site defines it."
)
params_content_type = text("ep.content_type", "epn.content_type", doc="What sort of content it was.")
params_content_id = text("ep.content_id", "epn.content_id", doc="The site's id of the content.")
params_content_description = text("ep.content", "epn.content", doc="What the content is, in words; sent as content.")
params_link_url = text("ep.link_url", "epn.link_url", doc="Where a clicked link leads, or the file it loads.")
params_link_domain = text("ep.link_domain", "epn.link_domain", doc="Host that a clicked link leads to.")
params_link_id = text("ep.link_id", "epn.link_id", doc="The clicked link's id in the page.")
params_link_text = text("ep.link_text", "epn.link_text", doc="What a clicked link reads.")
params_link_classes = text("ep.link_classes", "epn.link_classes", doc="The clicked link's style classes.")
params_outbound = flag("ep.outbound", "epn.outbound", doc="True where a link leads away from the site.")
params_file_name = text("ep.file_name", "epn.file_name", doc="Name of a downloaded file.")
params_file_extension = text("ep.file_extension", "epn.file_extension", doc="Extension of a downloaded file.")
params_form_id = text("ep.form_id", "epn.form_id", doc="The form's id in the page.")
params_form_name = text("ep.form_name", "epn.form_name", doc="The form's name in the page.")
params_form_destination = text("ep.form_destination", "epn.form_destination", doc="Where the form is sent to.")
params_form_submit_text = text(
    "ep.form_submit_text", "epn.form_submit_text", doc="What the button that sends the form reads."
)
params_search_term = text("ep.search_term", "epn.search_term", doc="What was searched for on the site.")
params_percent_scrolled = number(
    "epn.percent_scrolled", "ep.percent_scrolled", doc="How far down the page was scrolled, in percent."
)
params_video_title = text("ep.video_title", "epn.video_title", doc="Title of the video.")
params_video_url = text("ep.video_url", "epn.video_url", doc="Where the video is.")
params_video_provider = text("ep.video_provider", "epn.video_provider", doc="Who hosts the video.")
params_video_current_time = whole(
    "epn.video_current_time", "ep.video_current_time", doc="Second of the video that was reached."
)
params_video_duration = whole("epn.video_duration", "ep.video_duration", doc="Length of the video in seconds.")
params_video_percent = whole(
    "epn.video_percent", "ep.video_percent", doc="How much of the video was reached, in percent."
)
params_method = text("ep.method", "epn.method", doc="How somebody signed up, logged in or shared.")
params_label = text("ep.label", "epn.label", doc="A label the site chose.")
params_language = text(
    "ep.language", "epn.language", doc="Language sent as a parameter of the event; see device_language."
)
params_screen_resolution = text(
    "ep.screen_resolution",
    "epn.screen_resolution",
    doc="Screen size sent as a parameter of the event; see device_screen_resolution.",
)
params_ga_session_id = text(
    "ep.ga_session_id", "epn.ga_session_id", doc="Session id sent as a parameter of the event; see client_session_id."
)
params_ga_session_number = whole(
    "epn.ga_session_number",
    "ep.ga_session_number",
    doc="Session number sent as a parameter of the event; see client_session_number.",
)
params_campaign = text(
    "cn", "ep.campaign", "epn.campaign", doc="Campaign name that code gave the tag; never read from a URL."
)
params_campaign_id = text("ci", "ep.campaign_id", "epn.campaign_id", doc="Campaign id that code gave the tag.")
params_campaign_source = text(
    "cs", "ep.campaign_source", "epn.campaign_source", doc="Campaign source that code gave the tag."
)
params_campaign_medium = text(
    "cm", "ep.campaign_medium", "epn.campaign_medium", doc="Campaign medium that code gave the tag."
)
params_campaign_content = text(
    "cc", "ep.campaign_content", "epn.campaign_content", doc="Campaign content that code gave the tag."
)
params_campaign_term = text(
    "ck", "ct", "ep.campaign_term", "epn.campaign_term", doc="Campaign term that code gave the tag."
)
params_gclid = text(
    "ep.gclid", "epn.gclid", doc="Google Ads click id sent as a parameter; see click_id_gclid for the URL's."
)
params_dclid = text(
    "ep.dclid", "epn.dclid", doc="Display ad click id sent as a parameter; see click_id_dclid for the URL's."
)
params_srsltid = text(
    "ep.srsltid", "epn.srsltid", doc="Shopping result id sent as a parameter; see click_id_srsltid for the URL's."
)
params_aclid = text("ep.aclid", "epn.aclid", doc="Value of the parameter aclid, a click id.")
params_anid = text("ep.anid", "epn.anid", doc="Value of the parameter anid, an advertising id.")
params_value = number(
    "epn.value",
    "ep.value",
    doc="Amount or worth of the event, whatever it is; see ecommerce_purchase_revenue for orders.",
)
params_currency = text("cu", "ep.currency", "epn.currency", doc="Currency code of the event's amounts, as sent.")
params_tax = number("epn.tax", "ep.tax", doc="Tax, on any event.")
params_shipping = number("epn.shipping", "ep.shipping", doc="Cost of delivery, on any event.")
params_shipping_tier = text("ep.shipping_tier", "epn.shipping_tier", doc="Kind of delivery that was chosen.")
params_payment_type = text("ep.payment_type", "epn.payment_type", doc="Kind of payment that was chosen.")
params_coupon = text("ep.coupon", "epn.coupon", "cp", doc="Coupon of the whole order.")
params_price = number("epn.price", "ep.price", doc="A price of the event, not of an item.")
params_quantity = number("epn.quantity", "ep.quantity", doc="A quantity of the event, not of an item.")
params_item_name = text("ep.item_name", "epn.item_name", doc="An item's name on the event itself.")
params_product_id = text("ep.product_id", "epn.product_id", doc="A product's id on the event itself.")
params_item_list_id = text(
    "ep.item_list_id", "epn.item_list_id", doc="List id for all items that name none of their own."
)
params_item_list_name = text(
    "ep.item_list_name", "epn.item_list_name", doc="List name for all items that name none of their own."
)
params_promotion_id = text(
    "ep.promotion_id", "epn.promotion_id", doc="Promotion id for all items that name none of their own."
)
params_promotion_name = text(
    "ep.promotion_name", "epn.promotion_name", doc="Promotion name for all items that name none of their own."
)
params_creative_name = text(
    "ep.creative_name", "epn.creative_name", doc="Creative name for all items that name none of their own."
)
params_creative_slot = text(
    "ep.creative_slot", "epn.creative_slot", doc="Creative slot for all items that name none of their own."
)
params_subscription = flag("ep.subscription", "epn.subscription", doc="True where a subscription was bought.")
params_free_trial = flag("ep.free_trial", "epn.free_trial", doc="True where it begins with a free trial.")
params_introductory_price = number(
    "epn.introductory_price", "ep.introductory_price", doc="Price of a subscription's first period."
)
params_renewal_count = whole("epn.renewal_count", "ep.renewal_count", doc="Which renewal of a subscription it is.")
params_cancellation_reason = text(
    "ep.cancellation_reason", "epn.cancellation_reason", doc="Why something was cancelled."
)
params_lead_source = text("ep.lead_source", "epn.lead_source", doc="Where a prospect came from.")
params_lead_status = text("ep.lead_status", "epn.lead_status", doc="How far a prospect has come.")
params_disqualified_lead_reason = text(
    "ep.disqualified_lead_reason", "epn.disqualified_lead_reason", doc="Why a prospect was given up."
)
params_unconvert_lead_reason = text(
    "ep.unconvert_lead_reason", "epn.unconvert_lead_reason", doc="Why a won prospect was lost again."
)
params_achievement_id = text("ep.achievement_id", "epn.achievement_id", doc="What a player has achieved.")
params_character = text("ep.character", "epn.character", doc="The player's character.")
params_group_id = text("ep.group_id", "epn.group_id", doc="The group somebody joined.")
params_level = whole("epn.level", "ep.level", doc="Number of the game's level.")
params_level_name = text("ep.level_name", "epn.level_name", doc="Name of the game's level.")
params_score = whole("epn.score", "ep.score", doc="Points that were scored.")
params_success = flag("ep.success", "epn.success", doc="True where what was tried succeeded.")
params_virtual_currency_name = text(
    "ep.virtual_currency_name", "epn.virtual_currency_name", doc="Currency within the game."
)
params_reward_type = text("ep.reward_type", "epn.reward_type", doc="What a reward consists of.")
params_reward_value = number("epn.reward_value", "ep.reward_value", doc="How much a reward is worth.")
params_ad_event_id = text("ep.ad_event_id", "epn.ad_event_id", doc="Id of what happened to an ad.")
params_ad_unit_code = text("ep.ad_unit_code", "epn.ad_unit_code", doc="The place an ad was shown in.")
params_exposure_time = whole(
    "epn.exposure_time", "ep.exposure_time", doc="How long something was on screen, in the sender's unit."
)
params_visible = flag("ep.visible", "epn.visible", doc="True where an element was in sight.")
params_topic = text("ep.topic", "epn.topic", doc="What a message or text is about.")
params_message_id = text("ep.message_id", "epn.message_id", doc="Id of a message to the user.")
params_message_name = text("ep.message_name", "epn.message_name", doc="Name of a message to the user.")
params_message_type = text("ep.message_type", "epn.message_type", doc="Kind of a message to the user.")
params_message_time = whole("epn.message_time", "ep.message_time", doc="When a message was sent, in the sender's unit.")
params_message_device_time = whole(
    "epn.message_device_time",
    "ep.message_device_time",
    doc="When a message arrived by the device's clock, in the sender's unit.",
)
params_app_version = text("ep.app_version", "epn.app_version", doc="Version of the app.")
params_previous_app_version = text(
    "ep.previous_app_version", "epn.previous_app_version", doc="Version of the app before its update."
)
params_previous_os_version = text(
    "ep.previous_os_version", "epn.previous_os_version", doc="Version of the operating system before its update."
)
params_previous_gmp_app_id = text(
    "ep.previous_gmp_app_id", "epn.previous_gmp_app_id", doc="What Firebase called the app before."
)
params_previous_first_open_count = whole(
    "epn.previous_first_open_count",
    "ep.previous_first_open_count",
    doc="How many first starts the app had before this one.",
)
params_updated_with_analytics = flag(
    "ep.updated_with_analytics",
    "epn.updated_with_analytics",
    doc="True where an update brought analytics into the app.",
)
params_system_app = flag("ep.system_app", "epn.system_app", doc="True for an app that came with the device.")
params_system_app_update = flag(
    "ep.system_app_update", "epn.system_app_update", doc="True for an update of an app that came with the device."
)
params_deferred_analytics_collection = flag(
    "ep.deferred_analytics_collection",
    "epn.deferred_analytics_collection",
    doc="True where the app held its events back for a while.",
)
params_reset_analytics_cause = text(
    "ep.reset_analytics_cause", "epn.reset_analytics_cause", doc="Why the app forgot its analytics data."
)
params_fatal = flag("ep.fatal", "epn.fatal", doc="True where an error ended the app.")
params_firebase_error = text("ep.firebase_error", "epn.firebase_error", doc="Code of a Firebase error.")
params_firebase_error_value = text(
    "ep.firebase_error_value", "epn.firebase_error_value", doc="What a Firebase error was about."
)
params_firebase_screen = text("ep.firebase_screen", "epn.firebase_screen", doc="Name of the screen on show.")
params_firebase_screen_class = text(
    "ep.firebase_screen_class", "epn.firebase_screen_class", doc="Class of the screen on show."
)
params_firebase_screen_id = text("ep.firebase_screen_id", "epn.firebase_screen_id", doc="Id of the screen on show.")
params_firebase_previous_screen = text(
    "ep.firebase_previous_screen", "epn.firebase_previous_screen", doc="Name of the screen before."
)
params_firebase_previous_class = text(
    "ep.firebase_previous_class", "epn.firebase_previous_class", doc="Class of the screen before."
)
params_firebase_previous_id = text(
    "ep.firebase_previous_id", "epn.firebase_previous_id", doc="Id of the screen before."
)
