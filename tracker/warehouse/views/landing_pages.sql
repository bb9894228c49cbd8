-- One row for each property, day and first page of sessions: the sessions that began there, and what came of them. The page is null for sessions that viewed none.
SELECT
    s.property_id AS property_id,
    max(s.property_name) AS property_name,
    s.session_date_local AS date,
    s.session_entry_page_path AS landing_page,
    $came_of_sessions
FROM $person_sessions AS s
GROUP BY s.property_id, s.session_date_local, s.session_entry_page_path
