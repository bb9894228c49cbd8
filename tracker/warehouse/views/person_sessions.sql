-- One row for each session, with the person it belongs to, the orders that were placed in it, and the columns that the other views go by.
SELECT
    s.session_id AS session_id,
    s.property_id AS property_id,
    s.property_name AS property_name,
    s.tracking_protocol AS tracking_protocol,
    s.client_id AS client_id,
    s.session_first_event_time AS session_first_event_time,
    s.session_last_event_time AS session_last_event_time,
    s.session_date_utc AS session_date_utc,
    s.session_date_local AS session_date_local,
    s.session_channel_group AS session_channel_group,
    s.session_source AS session_source,
    s.session_medium AS session_medium,
    s.session_campaign AS session_campaign,
    s.session_entry_page_path AS session_entry_page_path,
    s.session_exit_page_path AS session_exit_page_path,
    s.session_device_category AS session_device_category,
    s.session_geo_country AS session_geo_country,
    s.session_bot_score AS session_bot_score,
    s.session_duration AS session_duration,
    s.session_engagement_time_ms AS session_engagement_time_ms,
    s.session_total_events AS session_total_events,
    s.session_total_page_views AS session_total_page_views,
    s.session_total_key_events AS session_total_key_events,
    s.session_is_engaged AS session_is_engaged,
    s.session_is_bounced AS session_is_bounced,
    s.session_is_bounced_ga4 AS session_is_bounced_ga4,
    s.session_is_bounced_matomo AS session_is_bounced_matomo,
    coalesce(s.session_user_id, u.user_id) AS person_user_id,
    coalesce('user:' || coalesce(s.session_user_id, u.user_id), 'client:' || s.client_id) AS person_id,
    coalesce(o.orders, 0) AS orders,
    coalesce(o.order_currencies, 0) AS order_currencies,
    o.order_currency AS order_currency,
    o.order_revenue AS order_revenue,
    o.order_revenue_in_usd AS order_revenue_in_usd
FROM $sessions_once AS s
LEFT JOIN $client_users AS u
    ON u.property_id = s.property_id
    AND u.client_id = s.client_id
    AND u.since <= s.timestamp_utc
    AND u.until > s.timestamp_utc
LEFT JOIN (
    SELECT
        b.session_id AS session_id,
        CAST(count(*) AS BIGINT) AS orders,
        CAST(count(DISTINCT coalesce(b.currency, '')) AS BIGINT) AS order_currencies,
        CASE WHEN count(DISTINCT coalesce(b.currency, '')) = 1 THEN max(b.currency) END AS order_currency,
        CASE WHEN count(DISTINCT coalesce(b.currency, '')) = 1 THEN sum(b.revenue) END AS order_revenue,
        sum(b.revenue_in_usd) AS order_revenue_in_usd
    FROM $order_events AS b
    WHERE b.kind = 'order' AND b.session_id IS NOT NULL
    GROUP BY b.session_id
) AS o ON o.session_id = s.session_id
