"""Who and what: the ids of an event, its name, and where its hit stands in the log."""

from tracker.columns import ops
from tracker.columns.types import Binary, Bool, Enumeration, Int64, String
from tracker.columns.words import declare, event, hit, setting

id = hit(
    "id",
    String,
    stored=True,
    required=True,
    doc="Id of the hit, made when it was received; stays the same when tables are built again.",
)
property_id = hit(
    "property_id", Enumeration, stored=True, required=True, doc="The tracked site or app, as its tag names it."
)
property_setting_name = setting("name", String, doc="The property's name in the settings.")
client_id = hit("client_id", String, stored=True, required=True, doc="The browser or device, as its tag names it.")
user_id = hit(
    "user_id", String, stored=True, doc="The person who is logged in, as the site names them; null when nobody is."
)
tracking_protocol = hit(
    "protocol", Enumeration, stored=True, required=True, doc="How the hit was sent: ga4_gtag, matomo, ..."
)
family = hit("family", String, doc="Protocol family: families do not share sessions.")
is_cookieless = hit(
    "is_cookieless", Bool, stored=True, absent=False, doc="True when the client id is not a stored one."
)
ip_address = hit("ip", String, stored=True, doc="Client address, masked as the property asks before it was stored.")
log_partition = hit("log_partition", Int64, stored=True, doc="Partition of the log this event came from.")
log_offset = hit(
    "log_offset", Int64, stored=True, doc="Offset in that partition: with log_partition the event's place for ever."
)
schema_epoch = hit(
    "schema_epoch",
    Int64,
    stored=True,
    required=True,
    doc="What the row was computed with: the row of tracker_epochs that has the column versions, data files and"
    " settings in force.",
)
protosession = hit("protosession", Int64, doc="Number of the protosession in its batch.")
event_key = hit("event_key", Binary, doc="What makes a re-sent event the same event.")

name = declare(Enumeration, required=True, doc="What happened: page_view, scroll, purchase, ...")
platform = declare(Enumeration, doc="Where it happened: web or app.")
opens_session = declare(
    Bool, stored=False, absent=True, doc="False for events that cannot begin a session by themselves."
)
is_consent_update = declare(
    Bool, absent=False, doc="A re-send caused by a consent change: kept, but left out of every total."
)
client_sequence = declare(Int64, stored=False, doc="The client's own count of requests within a page load.")
page_load_id = declare(String, stored=False, doc="What the client calls one load of a page.")


@event
def property_name(property_setting_name: String, property_id: String) -> Enumeration:
    """Name of the property in the settings; its id where it has none."""
    return ops.coalesce(property_setting_name, property_id)


@event(absent=False)
def is_page_view(name: String, is_consent_update: Bool) -> Bool:
    """True for page_view only (screen views have is_screen_view), and not where a consent change sent it again."""
    return ops.both(ops.equal(name, "page_view"), ops.negate(is_consent_update))


@event(absent=False)
def is_screen_view(name: String, is_consent_update: Bool) -> Bool:
    """True for screen_view, and not where a consent change sent it again."""
    return ops.both(ops.equal(name, "screen_view"), ops.negate(is_consent_update))
