"""What the tag says of itself: the session it counts, the property it names, and when its page was loaded."""

from urllib.parse import parse_qsl

from tracker.columns import Bool, Int64, String, Timestamp, event, ops, param
from tracker.protocols.ga4.columns import GA4

OLDEST_LOAD, LATEST_LOAD = 1_262_304_000_000, 4_102_444_800_000
"""The years 2010 to 2099 in milliseconds. Older tags send a random number below 2**31 in the same place."""

client_session_id = param(
    "sid", type=String, protocol=GA4, stored=True, doc="What the tag calls its session; sessions here are session_id."
)
client_session_number = param(
    "sct", type=Int64, protocol=GA4, stored=True, doc="Which session of this browser it is by the tag's count, from 1."
)
client_session_is_engaged = param(
    "seg",
    type=Bool,
    protocol=GA4,
    stored=True,
    doc="True where the tag counted its session as engaged before the event.",
)
client_is_new = param(
    "_nsi", type=Bool, protocol=GA4, stored=True, doc="True where the tag had just made the client id; never false."
)
client_request_number = param(
    "_s", type=Int64, protocol=GA4, stored=True, doc="Which request of its page load it is by the tag's count, from 1."
)
client_page_load = param(
    "_p", type=String, protocol=GA4, stored=True, doc="What the tag calls one load of a page; see page_load_hash."
)
ga4_session_start = param("_ss", type=Int64, protocol=GA4, doc="1, or 2 where session_start is a key event.")
ga4_first_visit = param("_fv", type=Int64, protocol=GA4, doc="1, or 2 where first_visit is a key event.")
measurement_id = param("tid", type=String, protocol=GA4, stored=True, doc="Measurement id the tag was set up with.")


@event(protocol=GA4, absent=False)
def client_session_start(ga4_session_start: Int64) -> Bool:
    """True on the event with which the tag began its session: what GA4 shows as session_start."""
    return ops.at_least(ga4_session_start, 1)


@event(protocol=GA4, absent=False)
def client_first_visit(ga4_first_visit: Int64) -> Bool:
    """True on the first event of a browser the tag had not seen: what GA4 shows as first_visit."""
    return ops.at_least(ga4_first_visit, 1)


@event(protocol=GA4)
def page_load_hash(page_load_id: String) -> Timestamp:
    """When the page was loaded by the browser's clock; null where the tag numbers its page loads at random."""
    milliseconds = ops.as_int(page_load_id)
    is_time = ops.both(ops.at_least(milliseconds, OLDEST_LOAD), ops.less_than(milliseconds, LATEST_LOAD))
    return ops.cast(ops.multiply(ops.only_where(is_time, milliseconds), 1_000), Timestamp)


@event(protocol=GA4)
def gtm_debug(page_url: String) -> String:
    """Preview token of Tag Manager in the page's URL; null outside of previews."""
    previews = ops.only_where(ops.contains(page_url, "gtm_debug="), page_url)
    return ops.per_distinct(previews, preview_token, String)


def preview_token(url: str) -> str | None:
    """The last value of `gtm_debug` in the query of `url` that is not empty."""
    query = url.partition("#")[0].partition("?")[2]
    return dict(parse_qsl(query)).get("gtm_debug")
