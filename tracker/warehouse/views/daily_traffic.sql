-- One row for each property and day on which anything happened there: visitors, sessions, page views, orders.
SELECT
    d.property_id AS property_id,
    max(d.property_name) AS property_name,
    d.date AS date,
    CAST(sum(d.visitors) AS BIGINT) AS visitors,
    CAST(sum(d.new_visitors) AS BIGINT) AS new_visitors,
    CAST(sum(d.visitors) - sum(d.new_visitors) AS BIGINT) AS returning_visitors,
    CAST(sum(d.clients) AS BIGINT) AS clients,
    CAST(sum(d.sessions) AS BIGINT) AS sessions,
    CAST(sum(d.engaged_sessions) AS BIGINT) AS engaged_sessions,
    CAST(sum(d.bounced_sessions) AS BIGINT) AS bounced_sessions,
    CAST(sum(d.events) AS BIGINT) AS events,
    CAST(sum(d.page_views) AS BIGINT) AS page_views,
    CAST(sum(d.key_events) AS BIGINT) AS key_events,
    sum(d.session_page_views) / nullif(sum(d.sessions), 0) AS pages_per_session,
    sum(d.session_seconds) / nullif(sum(d.sessions), 0) AS average_session_duration,
    CAST(sum(d.orders) AS BIGINT) AS orders,
    max(d.currency) AS currency,
    CASE WHEN sum(d.currencies) < 2 THEN coalesce(sum(d.revenue), 0) END AS revenue,
    coalesce(sum(d.revenue_in_usd), 0) AS revenue_in_usd
FROM (
    SELECT
        v.property_id AS property_id, max(v.property_name) AS property_name, v.date AS date,
        count(DISTINCT v.person_id) AS visitors,
        count(DISTINCT CASE WHEN v.first_date = v.date THEN v.person_id END) AS new_visitors,
        count(DISTINCT v.client_id) AS clients,
        sum(v.events) AS events, sum(v.page_views) AS page_views, sum(v.key_events) AS key_events,
        0 AS sessions, 0 AS engaged_sessions, 0 AS bounced_sessions, 0 AS session_page_views, 0 AS session_seconds,
        0 AS orders, 0 AS currencies, NULL AS currency, NULL AS revenue, NULL AS revenue_in_usd
    FROM (
        SELECT
            e.property_id AS property_id, max(e.property_name) AS property_name, e.date_local AS date,
            e.person_id AS person_id, e.client_id AS client_id,
            count(*) AS events,
            count(*) FILTER (WHERE e.is_page_view) AS page_views,
            count(*) FILTER (WHERE e.is_key_event) AS key_events,
            min(e.date_local) OVER (PARTITION BY e.property_id, e.person_id) AS first_date
        FROM $person_events AS e
        GROUP BY e.property_id, e.date_local, e.person_id, e.client_id
    ) AS v
    GROUP BY v.property_id, v.date
    UNION ALL
    SELECT
        s.property_id, max(s.property_name), s.session_date_local,
        0, 0, 0, 0, 0, 0,
        count(*),
        count(*) FILTER (WHERE s.session_is_engaged),
        count(*) FILTER (WHERE s.session_is_bounced),
        coalesce(sum(s.session_total_page_views), 0), coalesce(sum(s.session_duration), 0),
        0, 0, NULL, NULL, NULL
    FROM $sessions_once AS s
    GROUP BY s.property_id, s.session_date_local
    UNION ALL
    SELECT
        o.property_id, max(o.property_name), o.date,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        count(*),
        count(DISTINCT coalesce(o.currency, '')),
        CASE WHEN count(DISTINCT coalesce(o.currency, '')) = 1 THEN max(o.currency) END,
        sum(o.revenue), sum(o.revenue_in_usd)
    FROM $order_events AS o
    WHERE o.kind = 'order'
    GROUP BY o.property_id, o.date
) AS d
GROUP BY d.property_id, d.date
