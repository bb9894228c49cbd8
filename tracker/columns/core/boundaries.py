"""Where one session ends and the next begins. A boundary's name is the `session_split_cause` of what it cuts.

Those that are off by default are switched on by protocols whose visits need them, or by a property.
"""

from tracker.columns import ops
from tracker.columns.column import First
from tracker.columns.events import Events
from tracker.columns.types import Bool, Date, Int64, String, Timestamp
from tracker.columns.words import boundary, setting

session_timeout = setting("timeout", Int64, doc="Microseconds without an event after which a session has ended.")
longest_session = setting("max_session_duration", Int64, doc="Microseconds after which a session is split.")
most_session_events = setting("max_session_events", Int64, doc="Events after which a session is split.")


@boundary(order=100)
def timeout(timestamp_utc: Events[Timestamp], session_timeout: Events[Int64]) -> Bool:
    """The timeout, or more, passed since the event before: as in Matomo, and as open sessions close."""
    return ops.at_least(ops.microseconds_between(timestamp_utc.shift(1), timestamp_utc), session_timeout).values


@boundary(order=300, default=False)
def midnight(date_local: Events[Date]) -> Bool:
    """A new day has begun where the property lives. On for Matomo, off for GA4."""
    return ops.not_equal(date_local, date_local.shift(1)).values


@boundary(order=400)
def user_id_changed(user_id: Events[String], is_consent_update: Events[Bool]) -> Bool:
    """A user id that differs from the last known one. Logging in, or a moment without an id, splits nothing; neither
    does what a consent change sends again.
    """
    return _changed(user_id, is_consent_update)


@boundary(order=500, default=False)
def utm_campaign_changed(utm_campaign: Events[String], is_consent_update: Events[Bool]) -> Bool:
    """A campaign that differs from the last known one; the first campaign, or a page without one, splits nothing. Off
    by default: GA4's sessions survive a new campaign, and Matomo's have `campaign_changed`.
    """
    return _changed(utm_campaign, is_consent_update)


@boundary(order=800)
def max_time_since_first_event_reached(
    timestamp_utc: Events[Timestamp], first_timestamp_utc: First[Timestamp], longest_session: Events[Int64]
) -> Bool:
    """The session has lasted as long as one may."""
    return ops.at_least(ops.microseconds_between(first_timestamp_utc, timestamp_utc), longest_session).values


@boundary(order=900)
def max_events_reached(is_page_view: Events[Bool], most_session_events: Events[Int64]) -> Bool:
    """The session holds as many events as one may. Off for Matomo, which has `max_actions_reached`."""
    position = is_page_view.position()
    return ops.both(ops.more_than(position, 0), ops.equal(ops.remainder(position, most_session_events), 0)).values


def _changed(value: Events[String], is_consent_update: Events[Bool]) -> Bool:
    """True where a known value differs from the last known one, consent updates left out."""
    own = ops.only_where(ops.negate(is_consent_update), value)
    return ops.not_equal(own, own.forward_fill().shift(1)).values
