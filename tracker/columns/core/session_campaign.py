"""Campaign parameters of a session: those of its first page view that carries any, so that they come from one event."""

from tracker.columns import ops
from tracker.columns.events import Events
from tracker.columns.types import Bool, String
from tracker.columns.words import event, session


@event(stored=False)
def carries_campaign(
    is_page_view: Bool,
    utm_source: String,
    utm_medium: String,
    utm_campaign: String,
    utm_term: String,
    utm_content: String,
    utm_id: String,
) -> Bool:
    """True for a page view whose URL names a campaign in any way."""
    named = ops.is_known(ops.coalesce(utm_source, utm_medium, utm_campaign, utm_term, utm_content, utm_id))
    return ops.both(is_page_view, named)


@session
def session_utm_source(utm_source: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_source of the first page view in the session that carries campaign parameters."""
    return utm_source.where(carries_campaign).first()


@session
def session_utm_medium(utm_medium: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_medium of the first page view in the session that carries campaign parameters."""
    return utm_medium.where(carries_campaign).first()


@session
def session_utm_campaign(utm_campaign: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_campaign of the first page view in the session that carries campaign parameters."""
    return utm_campaign.where(carries_campaign).first()


@session
def session_utm_term(utm_term: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_term of the first page view in the session that carries campaign parameters."""
    return utm_term.where(carries_campaign).first()


@session
def session_utm_content(utm_content: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_content of the first page view in the session that carries campaign parameters."""
    return utm_content.where(carries_campaign).first()


@session
def session_utm_id(utm_id: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_id of the first page view in the session that carries campaign parameters."""
    return utm_id.where(carries_campaign).first()


@session
def session_utm_source_platform(utm_source_platform: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_source_platform of the first page view in the session that carries campaign parameters."""
    return utm_source_platform.where(carries_campaign).first()


@session
def session_utm_creative_format(utm_creative_format: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_creative_format of the first page view in the session that carries campaign parameters."""
    return utm_creative_format.where(carries_campaign).first()


@session
def session_utm_marketing_tactic(utm_marketing_tactic: Events[String], carries_campaign: Events[Bool]) -> String:
    """utm_marketing_tactic of the first page view in the session that carries campaign parameters."""
    return utm_marketing_tactic.where(carries_campaign).first()
