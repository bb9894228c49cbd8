-- One row for each person and property: a user with all of their devices, or a device that nobody was ever logged in on. Their first and last traces, what they did and what they bought.
SELECT
    a.property_id AS property_id,
    a.property_name AS property_name,
    a.person_id AS person_id,
    CASE WHEN a.user_id IS NULL THEN 'client' ELSE 'user' END AS kind,
    a.user_id AS user_id,
    a.clients AS clients,
    a.first_seen AS first_seen,
    a.last_seen AS last_seen,
    a.first_date AS first_date,
    a.last_date AS last_date,
    a.events AS events,
    a.page_views AS page_views,
    a.key_events AS key_events,
    coalesce(h.sessions, 0) AS sessions,
    coalesce(h.engaged_sessions, 0) AS engaged_sessions,
    h.first_channel_group AS first_channel_group,
    h.first_source AS first_source,
    h.first_medium AS first_medium,
    h.first_campaign AS first_campaign,
    h.first_landing_page AS first_landing_page,
    h.last_channel_group AS last_channel_group,
    h.last_source AS last_source,
    h.last_medium AS last_medium,
    h.last_campaign AS last_campaign,
    h.last_device_category AS last_device_category,
    h.last_country AS last_country,
    coalesce(b.orders, 0) AS orders,
    b.currency AS currency,
    CASE WHEN coalesce(b.currencies, 0) < 2 THEN coalesce(b.revenue, 0) END AS revenue,
    coalesce(b.revenue_in_usd, 0) AS revenue_in_usd
FROM (
    SELECT
        e.property_id AS property_id, max(e.property_name) AS property_name, e.person_id AS person_id,
        max(e.person_user_id) AS user_id,
        CAST(count(DISTINCT e.client_id) AS BIGINT) AS clients,
        min(e.timestamp_utc) AS first_seen, max(e.timestamp_utc) AS last_seen,
        min(e.date_local) AS first_date, max(e.date_local) AS last_date,
        CAST(count(*) AS BIGINT) AS events,
        CAST(count(*) FILTER (WHERE e.is_page_view) AS BIGINT) AS page_views,
        CAST(count(*) FILTER (WHERE e.is_key_event) AS BIGINT) AS key_events
    FROM $person_events AS e
    GROUP BY e.property_id, e.person_id
) AS a
LEFT JOIN (
    SELECT
        s.property_id AS property_id, s.person_id AS person_id,
        CAST(count(*) AS BIGINT) AS sessions,
        CAST(count(*) FILTER (WHERE s.is_engaged) AS BIGINT) AS engaged_sessions,
        max(CASE WHEN s.is_new THEN s.channel_group END) AS first_channel_group,
        max(CASE WHEN s.is_new THEN s.source END) AS first_source,
        max(CASE WHEN s.is_new THEN s.medium END) AS first_medium,
        max(CASE WHEN s.is_new THEN s.campaign END) AS first_campaign,
        max(CASE WHEN s.is_new THEN s.landing_page END) AS first_landing_page,
        max(CASE WHEN s.is_latest THEN s.channel_group END) AS last_channel_group,
        max(CASE WHEN s.is_latest THEN s.source END) AS last_source,
        max(CASE WHEN s.is_latest THEN s.medium END) AS last_medium,
        max(CASE WHEN s.is_latest THEN s.campaign END) AS last_campaign,
        max(CASE WHEN s.is_latest THEN s.device_category END) AS last_device_category,
        max(CASE WHEN s.is_latest THEN s.country END) AS last_country
    FROM $session_history AS s
    GROUP BY s.property_id, s.person_id
) AS h ON h.property_id = a.property_id AND h.person_id = a.person_id
LEFT JOIN (
    SELECT
        o.property_id AS property_id, o.person_id AS person_id,
        CAST(count(*) AS BIGINT) AS orders,
        count(DISTINCT coalesce(o.currency, '')) AS currencies,
        CASE WHEN count(DISTINCT coalesce(o.currency, '')) = 1 THEN max(o.currency) END AS currency,
        sum(o.revenue) AS revenue, sum(o.revenue_in_usd) AS revenue_in_usd
    FROM $order_events AS o
    WHERE o.kind = 'order'
    GROUP BY o.property_id, o.person_id
) AS b ON b.property_id = a.property_id AND b.person_id = a.person_id
