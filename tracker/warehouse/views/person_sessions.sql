-- One row for each session, with all session columns, the person it belongs to and the orders that were placed in it.
SELECT
    $session_columns,
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
        o.session_id AS session_id,
        CAST(count(*) AS BIGINT) AS orders,
        CAST(count(DISTINCT coalesce(o.currency, '')) AS BIGINT) AS order_currencies,
        CASE WHEN count(DISTINCT coalesce(o.currency, '')) = 1 THEN max(o.currency) END AS order_currency,
        CASE WHEN count(DISTINCT coalesce(o.currency, '')) = 1 THEN sum(o.revenue) END AS order_revenue,
        sum(o.revenue_in_usd) AS order_revenue_in_usd
    FROM $order_events AS o
    WHERE o.kind = 'order' AND o.session_id IS NOT NULL
    GROUP BY o.session_id
) AS o ON o.session_id = s.session_id
