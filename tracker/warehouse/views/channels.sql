-- One row for each property, day, channel group, source, medium and campaign: the sessions that came so, and what came of them.
SELECT
    s.property_id AS property_id,
    max(s.property_name) AS property_name,
    s.session_date_local AS date,
    s.session_channel_group AS channel_group,
    s.session_source AS source,
    s.session_medium AS medium,
    s.session_campaign AS campaign,
    $came_of_sessions
FROM $person_sessions AS s
GROUP BY s.property_id, s.session_date_local, s.session_channel_group, s.session_source, s.session_medium, s.session_campaign
