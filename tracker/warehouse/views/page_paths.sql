-- One row for each property, day and page: how often it was viewed, by how many, for how long, and how often sessions began and ended there.
SELECT
    e.property_id AS property_id,
    max(e.property_name) AS property_name,
    e.date_local AS date,
    e.page_path AS page_path,
    CAST(count(*) AS BIGINT) AS views,
    CAST(count(DISTINCT e.session_id) AS BIGINT) AS sessions,
    CAST(count(DISTINCT e.person_id) AS BIGINT) AS visitors,
    CAST(count(*) FILTER (WHERE e.session_is_entry_page) AS BIGINT) AS entries,
    CAST(count(*) FILTER (WHERE e.session_is_exit_page) AS BIGINT) AS exits,
    CAST(count(*) FILTER (WHERE e.page_is_bounce) AS BIGINT) AS bounces,
    count(*) FILTER (WHERE e.session_is_exit_page) / nullif(count(*), 0) AS exit_rate,
    count(*) FILTER (WHERE e.page_is_bounce)
        / nullif(count(*) FILTER (WHERE e.session_is_entry_page), 0) AS bounce_rate,
    CAST(coalesce(sum(e.time_on_page), 0) AS BIGINT) AS time_on_page,
    sum(e.time_on_page) / nullif(count(*), 0) AS average_time_on_page
FROM $person_events AS e
WHERE e.is_page_view
GROUP BY e.property_id, e.date_local, e.page_path
