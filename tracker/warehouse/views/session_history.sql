-- One row for each session, seen in the whole past of its person: which of their sessions it is, how long after the one before, what brought them first and what brought them last.
SELECT
    h.property_id AS property_id,
    h.property_name AS property_name,
    h.session_date_local AS date,
    h.session_id AS session_id,
    h.session_first_event_time AS began_at,
    h.tracking_protocol AS tracking_protocol,
    h.client_id AS client_id,
    h.person_user_id AS user_id,
    h.person_id AS person_id,
    h.session_number AS session_number,
    CAST(h.session_number = 1 AS BOOLEAN) AS is_new,
    CAST(h.session_number > 1 AS BOOLEAN) AS is_returning,
    CAST(h.session_number = h.sessions AS BOOLEAN) AS is_latest,
    CASE WHEN h.session_number > 1 THEN date_diff('day', h.date_before, h.session_date_local) END
        AS days_since_previous,
    date_diff('day', min(h.session_date_local) OVER person, h.session_date_local) AS days_since_first,
    h.session_channel_group AS channel_group,
    h.session_source AS source,
    h.session_medium AS medium,
    h.session_campaign AS campaign,
    max(CASE WHEN h.session_number = 1 THEN h.session_channel_group END) OVER person AS first_touch_channel_group,
    max(CASE WHEN h.session_number = 1 THEN h.session_source END) OVER person AS first_touch_source,
    max(CASE WHEN h.session_number = 1 THEN h.session_medium END) OVER person AS first_touch_medium,
    max(CASE WHEN h.session_number = 1 THEN h.session_campaign END) OVER person AS first_touch_campaign,
    max(CASE WHEN h.session_number = h.touch THEN h.session_channel_group END) OVER touched
        AS last_non_direct_channel_group,
    max(CASE WHEN h.session_number = h.touch THEN h.session_source END) OVER touched AS last_non_direct_source,
    max(CASE WHEN h.session_number = h.touch THEN h.session_medium END) OVER touched AS last_non_direct_medium,
    max(CASE WHEN h.session_number = h.touch THEN h.session_campaign END) OVER touched AS last_non_direct_campaign,
    h.session_entry_page_path AS landing_page,
    h.session_exit_page_path AS exit_page,
    h.session_device_category AS device_category,
    h.session_geo_country AS country,
    h.session_bot_score AS bot_score,
    h.session_duration AS duration,
    h.session_total_events AS events,
    h.session_total_page_views AS page_views,
    h.session_total_key_events AS key_events,
    h.session_is_engaged AS is_engaged,
    h.session_is_bounced AS is_bounced,
    h.orders AS orders,
    h.order_currency AS currency,
    h.order_revenue AS revenue,
    h.order_revenue_in_usd AS revenue_in_usd
FROM (
    SELECT
        n.*,
        lag(n.session_date_local) OVER (
            PARTITION BY n.property_id, n.person_id ORDER BY n.session_number
        ) AS date_before,
        CAST(count(*) OVER (PARTITION BY n.property_id, n.person_id) AS BIGINT) AS sessions,
        coalesce(
            max(CASE WHEN n.session_source <> '(direct)' THEN n.session_number END) OVER (
                PARTITION BY n.property_id, n.person_id
                ORDER BY n.session_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ), 1
        ) AS touch
    FROM (
        SELECT
            s.property_id, s.property_name, s.session_date_local, s.session_id, s.session_first_event_time,
            s.tracking_protocol, s.client_id, s.person_user_id, s.person_id, s.session_channel_group,
            s.session_source, s.session_medium, s.session_campaign, s.session_entry_page_path,
            s.session_exit_page_path, s.session_device_category, s.session_geo_country, s.session_bot_score,
            s.session_duration, s.session_total_events, s.session_total_page_views, s.session_total_key_events,
            s.session_is_engaged, s.session_is_bounced, s.orders, s.order_currency, s.order_revenue,
            s.order_revenue_in_usd,
            CAST(
                row_number() OVER (
                    PARTITION BY s.property_id, s.person_id ORDER BY s.session_first_event_time, s.session_id
                ) AS BIGINT
            ) AS session_number
        FROM $person_sessions AS s
    ) AS n
) AS h
WINDOW
    person AS (PARTITION BY h.property_id, h.person_id),
    touched AS (PARTITION BY h.property_id, h.person_id, h.touch)
