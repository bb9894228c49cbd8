-- One row for each property, day and last page of sessions: how many sessions ended there. The page is null for sessions that viewed none.
SELECT
    p.property_id AS property_id,
    max(p.property_name) AS property_name,
    p.date AS date,
    p.exit_page AS exit_page,
    CAST(sum(p.exits) AS BIGINT) AS exits,
    CAST(sum(p.visitors) AS BIGINT) AS visitors,
    CAST(sum(p.bounced_sessions) AS BIGINT) AS bounced_sessions,
    CAST(sum(p.views) AS BIGINT) AS views,
    sum(p.exits) / nullif(sum(p.views), 0) AS exit_rate
FROM (
    SELECT
        s.property_id AS property_id, max(s.property_name) AS property_name, s.session_date_local AS date,
        s.session_exit_page_path AS exit_page,
        count(*) AS exits,
        count(DISTINCT s.person_id) AS visitors,
        count(*) FILTER (WHERE s.session_is_bounced) AS bounced_sessions,
        0 AS views
    FROM $person_sessions AS s
    GROUP BY s.property_id, s.session_date_local, s.session_exit_page_path
    UNION ALL
    SELECT e.property_id, max(e.property_name), e.session_date_local, e.page_path, 0, 0, 0, count(*)
    FROM $every_event AS e
    WHERE e.is_page_view
    GROUP BY e.property_id, e.session_date_local, e.page_path
) AS p
GROUP BY p.property_id, p.date, p.exit_page
HAVING sum(p.exits) > 0
