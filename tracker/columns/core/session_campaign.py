"""Campaign parameters and click ids of a session: those of the event that says where the session came from.

That is the event that `session_source` comes from; what other events of the session carry is in their own columns.
"""

from tracker.columns.events import Events
from tracker.columns.types import Bool, String
from tracker.columns.words import session


@session
def session_utm_source(utm_source: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_source of the event that says where the session came from."""
    return utm_source.where(carries_traffic).first()


@session
def session_utm_medium(utm_medium: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_medium of the event that says where the session came from."""
    return utm_medium.where(carries_traffic).first()


@session
def session_utm_campaign(utm_campaign: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_campaign of the event that says where the session came from."""
    return utm_campaign.where(carries_traffic).first()


@session
def session_utm_term(utm_term: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_term of the event that says where the session came from."""
    return utm_term.where(carries_traffic).first()


@session
def session_utm_content(utm_content: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_content of the event that says where the session came from."""
    return utm_content.where(carries_traffic).first()


@session
def session_utm_id(utm_id: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_id of the event that says where the session came from."""
    return utm_id.where(carries_traffic).first()


@session
def session_utm_source_platform(utm_source_platform: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_source_platform of the event that says where the session came from."""
    return utm_source_platform.where(carries_traffic).first()


@session
def session_utm_creative_format(utm_creative_format: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_creative_format of the event that says where the session came from."""
    return utm_creative_format.where(carries_traffic).first()


@session
def session_utm_marketing_tactic(utm_marketing_tactic: Events[String], carries_traffic: Events[Bool]) -> String:
    """utm_marketing_tactic of the event that says where the session came from."""
    return utm_marketing_tactic.where(carries_traffic).first()


@session
def session_click_id_gclid(click_id_gclid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Google Ads click id of the event that says where the session came from."""
    return click_id_gclid.where(carries_traffic).first()


@session
def session_click_id_dclid(click_id_dclid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Display & Video 360 click id of the event that says where the session came from."""
    return click_id_dclid.where(carries_traffic).first()


@session
def session_click_id_gbraid(click_id_gbraid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Google click id, web to app on iOS, of the event that says where the session came from."""
    return click_id_gbraid.where(carries_traffic).first()


@session
def session_click_id_wbraid(click_id_wbraid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Google click id, app to web on iOS, of the event that says where the session came from."""
    return click_id_wbraid.where(carries_traffic).first()


@session
def session_click_id_srsltid(click_id_srsltid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Google Shopping listing click id of the event that says where the session came from."""
    return click_id_srsltid.where(carries_traffic).first()


@session
def session_click_id_fbclid(click_id_fbclid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Meta click id of the event that says where the session came from."""
    return click_id_fbclid.where(carries_traffic).first()


@session
def session_click_id_msclkid(click_id_msclkid: Events[String], carries_traffic: Events[Bool]) -> String:
    """Microsoft Ads click id of the event that says where the session came from."""
    return click_id_msclkid.where(carries_traffic).first()
