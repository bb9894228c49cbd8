-- One row for each property, day and name of an event: how often it happened, in how many sessions, to how many visitors.
SELECT
    e.property_id AS property_id,
    max(e.property_name) AS property_name,
    e.date_local AS date,
    e.name AS event_name,
    CAST(count(*) AS BIGINT) AS events,
    CAST(count(DISTINCT e.session_id) AS BIGINT) AS sessions,
    CAST(count(DISTINCT e.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE e.is_key_event) AS BIGINT) AS key_events
FROM $person_events AS e
GROUP BY e.property_id, e.date_local, e.name
