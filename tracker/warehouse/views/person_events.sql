-- One row for each event that counts (what a consent change sent again does not), with every column and the person it belongs to. All events of a session belong to one person.
SELECT
    $stored_columns,
    coalesce(e.session_user_id, e.user_id, u.user_id) AS person_user_id,
    coalesce(
        'user:' || coalesce(e.session_user_id, e.user_id, u.user_id),
        'client:' || coalesce(e.session_client_id, e.client_id)
    ) AS person_id
FROM $events_wide AS e
LEFT JOIN $client_users AS u
    ON u.property_id = e.property_id
    AND u.client_id = coalesce(e.session_client_id, e.client_id)
    AND u.since <= coalesce(e.session_first_event_time, e.timestamp_utc)
    AND u.until > coalesce(e.session_first_event_time, e.timestamp_utc)
WHERE NOT coalesce(e.is_consent_update, false)
