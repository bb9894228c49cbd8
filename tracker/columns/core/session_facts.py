"""A session as a whole: its id, why it began, when it was, and who it was."""

from tracker.columns import ops
from tracker.columns.events import Events
from tracker.columns.types import Date, Enumeration, Int64, String, Timestamp
from tracker.columns.words import event, from_split, session

session_id = from_split(
    "session_id",
    String,
    doc="Id of the session: made from its first event, so it stays the same when tables are built again.",
)
session_split_cause = from_split(
    "split_cause", Enumeration, doc="Why this session was cut off from the one before it; null where none was."
)
session_joined_by = from_split(
    "joined_by", Enumeration, doc="Why more than one client id is in this session: user_id or stamp; null when one."
)


@session
def session_client_id(client_id: Events[String]) -> String:
    """Client id of the first event."""
    return client_id.first()


@session
def session_user_id(user_id: Events[String]) -> String:
    """Last known user id of the session."""
    return user_id.last_known()


@session
def session_first_event_time(timestamp_utc: Events[Timestamp]) -> Timestamp:
    """When the first event happened."""
    return timestamp_utc.first()


@session
def session_last_event_time(timestamp_utc: Events[Timestamp]) -> Timestamp:
    """When the last event happened."""
    return timestamp_utc.last()


@session
def session_duration(session_first_event_time: Timestamp, session_last_event_time: Timestamp) -> Int64:
    """Whole seconds from the first event to the last; 0 for one event."""
    return ops.seconds_between(session_first_event_time, session_last_event_time)


@session
def session_date_utc(date_utc: Events[Date]) -> Date:
    """UTC day the session began."""
    return date_utc.first()


@session
def session_date_local(date_local: Events[Date]) -> Date:
    """Day the session began where the property lives."""
    return date_local.first()


@session
def session_referrer(page_referrer: Events[String]) -> String:
    """Referrer of the first event."""
    return page_referrer.first()


@event(absent=0)
def event_number(timestamp_utc: Events[Timestamp]) -> Int64:
    """Place of the event in its session, from 0; 0 without a session."""
    return timestamp_utc.position().values


@event
def session_hit_number(timestamp_utc: Events[Timestamp]) -> Int64:
    """Place of the event in its session, from 0; null without a session."""
    return timestamp_utc.position().values
