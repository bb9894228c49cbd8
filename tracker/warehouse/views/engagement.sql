-- One row for each property and day: how much the sessions that began on it were attended to, and how many of them bounced by each definition in use.
SELECT
    s.property_id AS property_id,
    max(s.property_name) AS property_name,
    s.session_date_local AS date,
    CAST(count(*) AS BIGINT) AS sessions,
    CAST(count(DISTINCT s.person_id) AS BIGINT) AS visitors,
    count(*) / nullif(count(DISTINCT s.person_id), 0) AS sessions_per_visitor,
    CAST(count(*) FILTER (WHERE s.session_is_engaged) AS BIGINT) AS engaged_sessions,
    count(*) FILTER (WHERE s.session_is_engaged) / nullif(count(*), 0) AS engagement_rate,
    coalesce(sum(s.session_engagement_time_ms), 0) / 1000 AS engagement_time,
    sum(s.session_engagement_time_ms) / 1000 / nullif(count(*), 0) AS engagement_time_per_session,
    sum(s.session_engagement_time_ms) / 1000 / nullif(count(DISTINCT s.person_id), 0) AS engagement_time_per_visitor,
    CAST(count(*) FILTER (WHERE s.session_is_bounced) AS BIGINT) AS bounced_sessions,
    count(*) FILTER (WHERE s.session_is_bounced) / nullif(count(*), 0) AS bounce_rate,
    count(*) FILTER (WHERE s.session_is_bounced_ga4) / nullif(count(*), 0) AS bounce_rate_ga4,
    count(*) FILTER (WHERE s.session_is_bounced_matomo) / nullif(count(*), 0) AS bounce_rate_matomo,
    sum(s.session_total_page_views) / nullif(count(*), 0) AS pages_per_session,
    sum(s.session_total_events) / nullif(count(*), 0) AS events_per_session,
    sum(s.session_duration) / nullif(count(*), 0) AS average_session_duration,
    CAST(count(*) FILTER (WHERE s.session_total_key_events > 0) AS BIGINT) AS key_event_sessions,
    count(*) FILTER (WHERE s.session_total_key_events > 0) / nullif(count(*), 0) AS key_event_rate
FROM $person_sessions AS s
GROUP BY s.property_id, s.session_date_local
