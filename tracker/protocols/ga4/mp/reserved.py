"""Names that GA4 keeps for itself, and how much it accepts (Measurement Protocol reference and event limits)."""

from typing import Final

EVENTS: Final = frozenset(
    """
    ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install
    app_remove app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update
    dynamic_link_first_open error firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss
    firebase_in_app_message_impression first_open first_visit notification_dismiss notification_foreground
    notification_open notification_receive notification_send os_update session_start user_engagement
    """.split()  # noqa: SIM905 - read more easily than quoted one by one
)
APP_EVENTS: Final = EVENTS | {"ad_impression", "in_app_purchase", "screen_view"}
"""In the stream of an app some more are reserved."""
PARAMETERS: Final = frozenset({"firebase_conversion"})
PARAMETER_PREFIXES: Final = ("_", "firebase_", "ga_", "google_", "gtag.")
USER_PROPERTIES: Final = frozenset(
    {"first_open_time", "first_visit_time", "last_deep_link_referrer", "user_id", "first_open_after_install"}
)
USER_PROPERTY_PREFIXES: Final = ("_", "firebase_", "ga_", "google_")

MAX_EVENTS: Final = 25
MAX_BODY: Final = 130_000
MAX_PARAMETERS: Final = 25
MAX_USER_PROPERTIES: Final = 25
MAX_ITEMS: Final = 200
MAX_CUSTOM_ITEM_FIELDS: Final = 10
MAX_NAME: Final = 40
MAX_USER_PROPERTY_NAME: Final = 24
MAX_USER_PROPERTY_VALUE: Final = 36
MAX_VALUE: Final = 100
LONGER_VALUES: Final = {"page_location": 1_000, "page_referrer": 420, "page_title": 300}
"""Parameters whose values may be longer than `MAX_VALUE`."""
EXEMPT: Final = frozenset({"session_id", "session_number"})
"""Parameters that no limit counts."""
